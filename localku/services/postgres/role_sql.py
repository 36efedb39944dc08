"""SQL as an app's own role, with the psql of its server: whatever the app has put in the way runs with its rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.records import Addon

_PATIENCE = "-c client_min_messages=warning -c statement_timeout=60s -c lock_timeout=5s"
_PSQL = 'exec /usr/lib/postgresql/*/bin/psql --no-psqlrc --quiet --pset pager=off --set ON_ERROR_STOP=1 "$@" 2>&1'


def table(engine: Engine, container: str, addon: Addon, sql: str, variables: Mapping[str, str] | None = None) -> str:
    """Run SQL in a running server's database; return what psql prints, as people read it."""
    return _run(engine, container, addon, sql, variables or {}, ())


def values(
    engine: Engine, container: str, addon: Addon, sql: str, variables: Mapping[str, str] | None = None
) -> list[list[str]]:
    """As `table`, for a program: the rows, each with its columns."""
    printed = _run(engine, container, addon, sql, variables or {}, ("-At", "-F", "\x1f", "-R", "\x1e"))
    return [row.split("\x1f") for row in printed.strip("\n").split("\x1e") if row]


def _run(
    engine: Engine, container: str, addon: Addon, sql: str, variables: Mapping[str, str], more: tuple[str, ...]
) -> str:
    named = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
    command = ["/bin/bash", "-c", _PSQL, "psql", *more, *named]
    env = {**environment(addon), "PGAPPNAME": "localku", "PGCLIENTENCODING": "UTF8", "PGOPTIONS": _PATIENCE}
    done = engine.containers.exec_with_input(container, command, sql.encode(), user="postgres", env=env)
    output = done.output.decode(errors="replace")
    if done.exit_status != 0:
        raise LocalkuError(f"{addon.name} refused: {output.strip().removeprefix('psql: error: ')}", resource="database")
    return output


def environment(addon: Addon) -> dict[str, str]:
    """How a program in the server's container connects; a command line would be there for everybody to read."""
    return {
        "PGHOST": "127.0.0.1",
        "PGPORT": "5432",
        "PGSSLMODE": "require",
        "PGUSER": addon.role,
        "PGPASSWORD": addon.password,
        "PGDATABASE": addon.database,
    }
