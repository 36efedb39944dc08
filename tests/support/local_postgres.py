"""A PostgreSQL server of this machine that localku does not know: it trusts whoever comes from here."""

from __future__ import annotations

import secrets
import socket
import subprocess
from types import TracebackType
from typing import Self

from support.localku import wait_for
from support.other_postgres import remove

IMAGE = "localku/services/postgres"
BEGIN = (
    "cd /tmp && bin=$(echo /usr/lib/postgresql/*/bin) && $bin/initdb -D data -A trust >/dev/null && "
    "exec $bin/postgres -D data -k /tmp -c listen_addresses=127.0.0.1 -p"
)


class LocalPostgres:
    """Use it in a `with`: it listens on `port` of 127.0.0.1, with the role and the database `postgres`."""

    def __enter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        found = subprocess.run(
            ["docker", "images", IMAGE, "--format", "{{.Repository}}:{{.Tag}}"],
            capture_output=True,
            text=True,
            check=True,
        )
        self._name = f"local-postgres-{secrets.token_hex(4)}"
        where = ["--network", "host", "--user", "postgres", "--entrypoint", "/bin/bash", found.stdout.split()[0]]
        command = ["docker", "run", "--detach", "--rm", "--name", self._name, *where, "-c", f"{BEGIN} {self.port}"]
        subprocess.run(command, check=True, capture_output=True)
        wait_for(self._answers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        remove(self._name)

    def _answers(self) -> bool:
        """Whether it lets clients in, which is later than it listens."""
        ask = f"/usr/lib/postgresql/*/bin/pg_isready --quiet --host 127.0.0.1 --port {self.port}"
        return subprocess.run(["docker", "exec", self._name, "sh", "-c", ask], check=False).returncode == 0
