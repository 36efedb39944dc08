"""pg_restore: an archive into a database, as the database's own role, for an archive's SQL is its maker's."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.services.postgres.moving.tools import Lines, Server, ToolFailed

if TYPE_CHECKING:
    from localku.engine.exec_stream import ExecStream

_IGNORED = re.compile(r"errors ignored on restore: (\d+)")
_LOST = re.compile(
    r"will not restore its data|^Command was: COPY"
    r"|error:.*(COPY failed|no space left|could not (extend|write|read|receive)|disk full"
    r"|out of memory|server closed the connection|terminating connection|unexpected end|lost synchronization)",
    re.IGNORECASE,
)
"""After these, rows are missing; after other errors an object is, as on Heroku."""

_UNKNOWN = re.compile(
    r"error: .*(unrecognized configuration parameter|permission denied to create event trigger "
    r'"(extension_before_(drop|run)|log_create_ext|log_drop_ext|validate_extension)")'
)
"""Another version's settings, and what watches over extensions in Heroku's databases: nobody misses them."""

_ALWAYS = ("--format=custom", "--verbose", "--no-password", "--no-owner", "--no-acl")
"""As Heroku restores (Dev Center, "Importing and Exporting Heroku Postgres Databases")."""


@dataclass(frozen=True)
class Target:
    """A database, and with which variables to connect to it. `clean`: what is in the way is dropped first."""

    database: str
    environment: Mapping[str, str]
    clean: bool = False

    @property
    def command(self) -> tuple[str, ...]:
        clean = ("--clean", "--if-exists") if self.clean else ()
        return (*_ALWAYS, *clean, f"--dbname={self.database}")


OWN_ADDRESS = ("127.0.0.1", 5432)
"""Of a server, in its container."""


def own(database: str, role: str, password: str, label: str, at: tuple[str, int] = OWN_ADDRESS) -> Target:
    """A database of an add-on's server, by its role; `label` names the connection."""
    address = {"PGHOST": at[0], "PGPORT": str(at[1]), "PGSSLMODE": "require"}
    return Target(database, {**address, "PGUSER": role, "PGPASSWORD": password, "PGAPPNAME": label}, clean=True)


def restore(server: Server, target: Target, pieces: Iterable[bytes], said: Lines) -> int:
    """Feed an archive to pg_restore; return how many errors it went over, none of which has cost a row.

    Raises ToolFailed where rows are missing, and whatever reading the pieces raises.
    """
    with server.open("pg_restore", target.command, target.environment) as running:
        hearing = threading.Thread(target=_hear, args=(running, said), name="pg_restore", daemon=True)
        hearing.start()
        running.begin()
        feed(running, pieces)
        hearing.join()
        status = running.exit_status()
    return ignored(status, said.all)


def ignored(status: int, said: tuple[str, ...]) -> int:
    """How many errors pg_restore went over; raise ToolFailed where one of them has cost rows."""
    counts = [int(match[1]) for line in said if (match := _IGNORED.search(line))]
    if (status != 0 and not counts) or any(_LOST.search(line) for line in said):
        raise ToolFailed("pg_restore", said, status)
    return max(0, counts[-1] - sum(bool(_UNKNOWN.search(line)) for line in said)) if counts else 0


def listed(server: Server, pieces: Iterable[bytes]) -> None:
    """Have pg_restore read an archive's table of contents. Raises ToolFailed where it cannot.

    It ends after that, which is at the beginning, and whoever sends it the rest waits for seconds until that is seen.
    """
    said = Lines()
    with server.open("pg_restore", ("--format=custom", "--list"), {}) as running:
        hearing = threading.Thread(target=_hear, args=(running, said), name="pg_restore", daemon=True)
        hearing.start()
        running.begin()
        feeding = threading.Thread(target=feed, args=(running, pieces), name="archive", daemon=True)
        feeding.start()
        hearing.join()
        status = running.exit_status()
    feeding.join()
    if status != 0:
        raise ToolFailed("pg_restore --list", said.all, status)


def feed(running: ExecStream, pieces: Iterable[bytes]) -> None:
    """Send them all, or as many as it wants."""
    try:
        with suppress(ConnectionError):  # it has ended, and its status says how
            for piece in pieces:
                running.send(piece)
    finally:
        with suppress(OSError):
            running.end_input()


def _hear(running: ExecStream, said: Lines) -> None:
    with suppress(OSError):  # whoever listens has hung up
        for number, piece in running.frames():
            if number != 1:
                said.add(piece)
