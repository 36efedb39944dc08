"""PostgreSQL of other major versions: servers and tools of Debian's packages, in containers of the Postgres image."""

from __future__ import annotations

import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from support.localku import Result, wait_for

from localku.debian.apt import Apt
from localku.debian.sources import sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGE = "localku/services/postgres:18"
SUITES = {15: "bookworm", 17: "trixie"}
"""The Debian that has this version."""

LIBRARIES = ("libicu", "libxml2", "libldap", "libsasl2")
"""Of these the image has other versions, or none."""

START = r"""
export PATH=$PROGRAMS:$PATH LC_ALL=C.UTF-8
initdb --pgdata /tmp/data --username postgres --encoding UTF8 --auth trust --no-sync >/dev/null
postgres --single -D /tmp/data postgres >/dev/null <<<"CREATE ROLE dev SUPERUSER LOGIN"
exec postgres -D /tmp/data -k "$SOCKETS" -c listen_addresses=127.0.0.1 -p "$PORT" -c fsync=off
"""


@dataclass(frozen=True)
class Other:
    """A server that localku does not know, as somebody has one for development, with the tools of its version."""

    version: int
    container: str
    port: int

    def url(self, database: str) -> str:
        return f"postgres://dev@127.0.0.1:{self.port}/{database}"

    def sql(self, database: str, text: str) -> str:
        done = self.tool("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", text)
        assert done.status == 0, done.err
        return done.out.strip()

    def dump(self, database: str, target: Path, *options: str) -> Path:
        """As a developer makes one on this machine."""
        with target.open("wb") as opened:
            subprocess.run(self._exec("pg_dump", *options, self.url(database)), stdout=opened, check=True)
        return target

    def tool(self, name: str, *arguments: str, stdin: bytes = b"") -> Result:
        done = subprocess.run(self._exec(name, *arguments), input=stdin, capture_output=True, check=False)
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def _exec(self, name: str, *arguments: str) -> list[str]:
        return ["docker", "exec", "-i", self.container, "bash", "-c", f'exec "$PROGRAMS/{name}" "$@"', name, *arguments]


def fetched(folder: Path) -> dict[int, Path]:
    """Download the packages of all versions and unpack them in this folder."""
    with ThreadPoolExecutor() as pool:
        made = {version: pool.submit(_fetch, version, suite, folder) for version, suite in SUITES.items()}
        return {version: one.result() for version, one in made.items()}


def _fetch(version: int, suite: str, folder: Path) -> Path:
    apt = Apt(folder / f"apt-{suite}", replace(sources(), suite=suite))
    apt.update()
    server, client = f"postgresql-{version}", f"postgresql-client-{version}"
    wanted = [name for name in apt.closure([server]) if name in {server, client} or name.startswith(LIBRARIES)]
    packages, root = folder / f"debs-{version}", folder / f"root-{version}"
    packages.mkdir()
    apt.download(wanted, packages)
    for package in packages.iterdir():
        subprocess.run(["dpkg-deb", "--extract", str(package), str(root)], check=True)
    shutil.rmtree(packages)
    return root


@contextmanager
def running(version: int, root: Path | None = None, mount: Path | None = None) -> Iterator[Other]:
    """Start a server of that version on a port of this machine; without `root` the image's own.

    `mount` is a folder that its tools find as /kept, where it listens too.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    prefix = "/other" if root else ""
    sockets = "/tmp,/kept" if mount else "/tmp"
    variables = [f"PORT={port}", f"PROGRAMS={prefix}/usr/lib/postgresql/{version}/bin", f"SOCKETS={sockets}"]
    if root:
        libraries = next((root / "usr/lib").glob("*-linux-gnu*"))
        variables.append(f"LD_LIBRARY_PATH=/other/usr/lib/{libraries.name}")
    mounts = [*(["-v", f"{root}:/other:ro"] if root else []), *(["-v", f"{mount}:/kept"] if mount else [])]
    given = [word for one in variables for word in ("-e", one)]
    command = ["docker", "run", "-d", "--rm", "--network=host", "-u", "postgres", *mounts, *given]
    container = _out([*command, "--entrypoint=bash", IMAGE, "-c", START])
    try:
        made = Other(version, container, port)
        wait_for(lambda: made.tool("psql", "-d", made.url("postgres"), "-c", "SELECT 1").status == 0)
        yield made
    finally:
        remove(container)


def remove(container: str) -> None:
    """Remove a container of a test's own and its volumes; one that was run with `--rm` may be going by itself."""
    command = ["docker", "rm", "--force", "--volumes", container]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "already in progress" in done.stderr, done.stderr


def _out(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
