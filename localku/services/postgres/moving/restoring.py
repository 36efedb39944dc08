"""pg_restore: an archive into a database, as the database's own role, for an archive's SQL is its maker's."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.services.postgres.moving.tools import Lines, Server, ToolFailed

if TYPE_CHECKING:
    from localku.engine.exec_stream import ExecStream

_IGNORED = re.compile(r"errors ignored on restore: (\d+)")
_LOST = re.compile(
    r"COPY failed|[Nn]o space left|could not (extend|write|read|receive)|disk full|out of memory"
    r"|server closed the connection|terminating connection|unexpected end|lost synchronization"
)
"""After these, rows are missing; after other errors an object is, as on Heroku."""


@dataclass(frozen=True)
class Target:
    """A database, and the role that owns it. `label` names the connection."""

    database: str
    role: str
    password: str
    label: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PGHOST": "127.0.0.1",
            "PGUSER": self.role,
            "PGPASSWORD": self.password,
            "PGSSLMODE": "require",
            "PGAPPNAME": self.label,
        }


_ARGUMENTS = ("--format=custom", "--verbose", "--no-password", "--no-owner", "--no-acl", "--clean", "--if-exists")
"""As Heroku restores (Dev Center, "Importing and Exporting Heroku Postgres Databases")."""


def restore(server: Server, target: Target, pieces: Iterable[bytes], said: Lines) -> int:
    """Feed an archive to pg_restore; return how many errors it went over, none of which has cost a row.

    Raises ToolFailed where rows are missing, and whatever reading the pieces raises.
    """
    arguments = (*_ARGUMENTS, f"--dbname={target.database}")
    with server.open("pg_restore", arguments, target.environment) as running:
        hearing = threading.Thread(target=_hear, args=(running, said), name="pg_restore", daemon=True)
        hearing.start()
        running.begin()
        feed(running, pieces)
        hearing.join()
        status = running.exit_status()
    ignored = [int(match[1]) for line in said.all if (match := _IGNORED.search(line))]
    if (status != 0 and not ignored) or any(_LOST.search(line) for line in said.all):
        raise ToolFailed("pg_restore", said.all)
    return ignored[-1] if ignored else 0


def listed(server: Server, pieces: Iterable[bytes]) -> None:
    """Have pg_restore read an archive's table of contents. Raises ToolFailed where it cannot."""
    said = Lines()
    with server.open("pg_restore", ("--format=custom", "--list"), {}) as running:
        hearing = threading.Thread(target=_hear, args=(running, said), name="pg_restore", daemon=True)
        hearing.start()
        running.begin()
        feed(running, pieces)
        hearing.join()
        if running.exit_status() != 0:
            raise ToolFailed("pg_restore --list", said.all)


def feed(running: ExecStream, pieces: Iterable[bytes]) -> None:
    """Send them all, or as many as it wants."""
    with suppress(ConnectionError):  # it has ended, and its status says how
        for piece in pieces:
            running.send(piece)
    with suppress(OSError):
        running.end_input()


def _hear(running: ExecStream, said: Lines) -> None:
    with suppress(OSError):  # whoever listens has hung up
        for number, piece in running.frames():
            if number != 1:
                said.add(piece)
