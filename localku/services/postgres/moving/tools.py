"""pg_dump, pg_restore and psql of a server's own version, run in its container."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.services.postgres import superuser

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.engine.exec_stream import ExecStream

USER = "postgres"
MOST_LINES = 400

_TROUBLE = re.compile(r"error|warning|fatal|will not restore|^Command was: COPY", re.IGNORECASE)

BUFFERED = "stdbuf --input=64K --output=64K"
"""As much as a pipe holds: by themselves, pg_dump writes and pg_restore reads 4 kB at a time, and for each piece
somebody at the other end is woken."""

_TOOL = f'{BUFFERED} /usr/lib/postgresql/*/bin/"$0" "$@"'
_RUN = f"exec {_TOOL}"
_RUN_WITH_OUTPUT = f"set -o pipefail; {_TOOL} | dd bs=1M iflag=fullblock status=none"
"""The tool goes on while the engine, on a busy machine, has not come round to fetch what it has written."""


@dataclass(frozen=True)
class Server:
    """The container of a database server that runs. `stays`: it runs on after what is done to it."""

    engine: Engine
    container: str
    stays: bool = True

    def open(
        self, tool: str, arguments: tuple[str, ...], environment: Mapping[str, str], *, much: bool = False
    ) -> ExecStream:
        """Prepare to run a tool; passwords are in its environment, which no list of processes shows.

        `much`: its output is large, and need not come at once.
        """
        command = ("/bin/bash", "-c", _RUN_WITH_OUTPUT if much else _RUN, tool, *arguments)
        return self.engine.containers.open_exec(self.container, command, user=USER, env=environment)

    def ask(self, database: str, role: str, sql: str) -> str:
        """Run SQL as the superuser."""
        return superuser.query(self.engine, self.container, database, role, sql)

    def leave(self, statement: str) -> None:
        """Begin to run a statement as the superuser, in none of the app's databases; nobody waits for its end."""
        superuser.leave(self.engine, self.container, statement)

    def told(self, tool: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> str:
        """Run a tool to its end and return what it prints; raise ToolFailed with it."""
        out, said = b"", Lines()
        with self.open(tool, arguments, environment) as running:
            running.begin()
            for number, piece in running.frames():
                if number == 1:
                    out += piece
                else:
                    said.add(piece)
            status = running.exit_status()
        if status != 0:
            raise ToolFailed(tool, said.all, status)
        return out.decode(errors="replace").strip()

    def size(self, database: str, role: str) -> int:
        return int(self.ask(database, role, "SELECT pg_database_size(current_database());"))

    def end_sessions(self, label: str) -> None:
        """End all connections of the tools that run under this name."""
        sql = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{label}';"  # noqa: S608 - a UUID of ours
        self.ask("postgres", "postgres", sql)


class ToolFailed(LocalkuError):
    """A tool has not done what it was to do. `said` are the last lines it printed."""

    def __init__(self, tool: str, said: tuple[str, ...], status: int) -> None:
        found = [line for line in said if "error" in line.lower() or "fatal" in line.lower()]
        why = _bare(found[0]) if found else f"it ended with status {status}; the database's server may have ended"
        super().__init__(f"{tool} failed: {why}", "\n".join(found[1:4]))
        self.said = said


def _bare(line: str) -> str:
    return re.sub(r"^\w+: (error: )?", "", line)


class Lines:
    """Makes lines of what a tool writes to its standard error, and keeps the last ones and those that tell of trouble.

    A large database has more tables than anybody reads about.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._count = 0
        self._last: deque[tuple[int, str]] = deque(maxlen=MOST_LINES)
        self._trouble: list[tuple[int, str]] = []

    def add(self, piece: bytes) -> None:
        *whole, self._rest = (self._rest + piece).split(b"\n")
        for line in whole:
            self._keep(line.decode(errors="replace"))

    def _keep(self, line: str) -> None:
        self._count += 1
        self._last.append((self._count, line))
        if _TROUBLE.search(line) and len(self._trouble) < MOST_LINES:
            self._trouble.append((self._count, line))

    @property
    def all(self) -> tuple[str, ...]:
        rest = (self._rest.decode(errors="replace"),) if self._rest else ()
        return (*(line for _, line in sorted({*self._last, *self._trouble})), *rest)
