"""pg_dump: a database as a stream of bytes, in the custom format that pg_restore of every PostgreSQL reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from localku.services.postgres.moving.tools import Lines, Server, ToolFailed
from localku.services.postgres.superuser import ENVIRONMENT

STDOUT = 1
MAGIC = b"PGDMP"
"""With which an archive in custom format begins."""


@dataclass(frozen=True)
class Dump:
    """What to dump: as the superuser, for whom there is always a connection left, but with the role's rights.

    `label` names the connection. What goes to another server at once is not compressed.
    """

    database: str
    role: str
    label: str
    compressed: bool = True
    excluded: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        level = () if self.compressed else ("--compress=0",)
        excluded = tuple(f"--exclude-table-data={table}" for table in self.excluded)
        base = ("--format=custom", "--verbose", "--no-password", f"--role={self.role}")
        return (*base, *level, *excluded, f"--dbname={self.database}")


def stream(server: Server, dump: Dump, said: Lines) -> Iterator[bytes]:
    """Yield the archive. Raises ToolFailed where it is not whole: whoever keeps it throws away what has come."""
    with server.open("pg_dump", dump.arguments, {**ENVIRONMENT, "PGAPPNAME": dump.label}) as running:
        running.begin()
        for number, piece in running.frames():
            if number == STDOUT:
                yield piece
            else:
                said.add(piece)
        if running.exit_status() != 0:
            raise ToolFailed("pg_dump", said.all)
