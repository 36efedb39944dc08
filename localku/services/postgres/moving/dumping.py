"""pg_dump: a database as a stream of bytes, in the custom format that pg_restore of every PostgreSQL reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from localku.services.postgres.moving.tools import Lines, Server, ToolFailed
from localku.services.postgres.superuser import ENVIRONMENT

STDOUT = 1
MAGIC = b"PGDMP"
"""With which an archive in custom format begins."""


_ALWAYS = ("--format=custom", "--verbose", "--no-password")


@dataclass(frozen=True)
class Dump:
    """What to dump, and with which variables to connect. What goes to another server at once is not compressed."""

    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    compressed: bool = True
    excluded: tuple[str, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        level = () if self.compressed else ("--compress=0",)
        excluded = tuple(f"--exclude-table-data={table}" for table in self.excluded)
        return (*_ALWAYS, *level, *excluded, *self.arguments)


def own(database: str, role: str, label: str, *, compressed: bool = True, excluded: tuple[str, ...] = ()) -> Dump:
    """Of a database of the server: as the superuser, who always gets a connection, but with the role's rights.

    `label` names the connection.
    """
    return Dump({**ENVIRONMENT, "PGAPPNAME": label}, (f"--role={role}", f"--dbname={database}"), compressed, excluded)


def stream(server: Server, dump: Dump, said: Lines) -> Iterator[bytes]:
    """Yield the archive. Raises ToolFailed where it is not whole: whoever keeps it throws away what has come."""
    with server.open("pg_dump", dump.command, dump.environment, much=True) as running:
        running.begin()
        for number, piece in running.frames():
            if number == STDOUT:
                yield piece
            else:
                said.add(piece)
        status = running.exit_status()
    if status != 0:
        raise ToolFailed("pg_dump", said.all, status)
