"""pg_dump, pg_restore and psql of a server's own version, run in its container."""

from __future__ import annotations

import re
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
"""Of what a tool says; the last ones tell why it has failed."""

_RUN = 'exec /usr/lib/postgresql/*/bin/"$0" "$@"'


@dataclass(frozen=True)
class Server:
    """The container of a database server that runs."""

    engine: Engine
    container: str

    def open(self, tool: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> ExecStream:
        """Prepare to run a tool; passwords are in its environment, which no list of processes shows."""
        command = ("/bin/bash", "-c", _RUN, tool, *arguments)
        return self.engine.containers.open_exec(self.container, command, user=USER, env=environment)

    def ask(self, database: str, role: str, sql: str) -> str:
        """Run SQL as the superuser."""
        return superuser.query(self.engine, self.container, database, role, sql)

    def size(self, database: str, role: str) -> int:
        return int(self.ask(database, role, "SELECT pg_database_size(current_database());"))

    def end_sessions(self, label: str) -> None:
        """End all connections of the tools that run under this name."""
        sql = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{label}';"  # noqa: S608 - a UUID of ours
        self.ask("postgres", "postgres", sql)


class ToolFailed(LocalkuError):
    """A tool has not done what it was to do. `said` are the last lines it printed."""

    def __init__(self, tool: str, said: tuple[str, ...]) -> None:
        found = [line for line in said if "error" in line.lower() or "fatal" in line.lower()] or list(said)
        super().__init__(f"{tool} failed: {_bare(found[0]) if found else 'it said nothing'}", "\n".join(found[1:4]))
        self.said = said


def _bare(line: str) -> str:
    return re.sub(r"^pg_(dump|restore): (error: )?", "", line)


class Lines:
    """Makes lines of what a tool writes to its standard error."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[str] = []

    def add(self, piece: bytes) -> None:
        *whole, self._rest = (self._rest + piece).split(b"\n")
        self._lines.extend(line.decode(errors="replace") for line in whole)
        del self._lines[:-MOST_LINES]

    @property
    def all(self) -> tuple[str, ...]:
        rest = (self._rest.decode(errors="replace"),) if self._rest else ()
        return (*self._lines, *rest)
