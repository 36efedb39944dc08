"""What the server of a database can tell about it (`pg:ps`, `pg:locks`, `pg:table-size` and their kin).

All of it is asked as the app's role, which sees what is its own.
"""

from __future__ import annotations

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.addons import addon_servers
from localku.platform.databases.find_database import Database
from localku.services.postgres import role_sql, superuser
from localku.services.postgres.statistics import activity_sql, mandelbrot_sql, size_sql, statements_sql, usage_sql

PLAIN = {
    "bloat": size_sql.FOUND_BLOAT + size_sql.BLOAT,
    "blocking": activity_sql.BLOCKING,
    "cache-hit": usage_sql.CACHE_HIT,
    "extensions": usage_sql.EXTENSIONS,
    "index-size": size_sql.INDEX_SIZE,
    "index-usage": usage_sql.INDEX_USAGE,
    "long-running-queries": activity_sql.LONG_RUNNING_QUERIES,
    "mandelbrot": mandelbrot_sql.MANDELBROT,
    "records-rank": usage_sql.RECORDS_RANK,
    "seq-scans": usage_sql.SEQ_SCANS,
    "table-indexes-size": size_sql.TABLE_INDEXES_SIZE,
    "table-size": size_sql.TABLE_SIZE,
    "total-index-size": size_sql.TOTAL_INDEX_SIZE,
    "total-table-size": size_sql.TOTAL_TABLE_SIZE,
    "unused-indexes": usage_sql.UNUSED_INDEXES,
    "user-connections": activity_sql.USER_CONNECTIONS,
    "vacuum-stats": usage_sql.VACUUM_STATS,
}
"""By the names of Heroku's CLI, those that take nothing but a database."""


def plain(context: Context, database: Database, name: str) -> str:
    """Answer one of `PLAIN`, as psql prints a table."""
    return _table(context, database, PLAIN[name], apps_own=size_sql.APPS_OWN)


def ps(context: Context, database: Database, *, verbose: bool = False) -> str:
    """The queries that run; with `verbose` idle connections too."""
    return _table(context, database, activity_sql.PS, verbose=_boolean(verbose))


def locks(context: Context, database: Database, *, truncate: bool = False) -> str:
    return _table(context, database, activity_sql.LOCKS, truncate=_boolean(truncate))


def outliers(context: Context, database: Database, *, number: int = 10, truncate: bool = False) -> str:
    """The statements that took the most time altogether."""
    return _statements(context, database, statements_sql.OUTLIERS, number=number, truncate=truncate)


def reset_statements(context: Context, database: Database) -> None:
    """Count statements anew from now on."""
    addon, container = database.addon, addon_servers.container(database.addon)
    schema = _statements_schema(context, database)
    superuser.query(context.engine, container, addon.database, addon.role, statements_sql.LET_RESET)
    role_sql.values(context.engine, container, addon, statements_sql.RESET, {"schema": schema})


def calls(context: Context, database: Database, *, truncate: bool = False) -> str:
    """The statements that were called most often."""
    return _statements(context, database, statements_sql.CALLS, number=10, truncate=truncate)


def cancel(context: Context, database: Database, pid: int, *, force: bool = False) -> str:
    """Cancel what a connection does; with `force` end the connection."""
    return _table(context, database, activity_sql.TERMINATE if force else activity_sql.CANCEL, pid=str(pid))


def _statements(context: Context, database: Database, sql: str, *, number: int, truncate: bool) -> str:
    schema = _statements_schema(context, database)
    asked = statements_sql.FOUND + sql
    return _table(context, database, asked, schema=schema, number=str(number), truncate=_boolean(truncate))


def _statements_schema(context: Context, database: Database) -> str:
    """Return where the extension stands, as SQL names it; raise LocalkuError where it does not."""
    container = addon_servers.container(database.addon)
    found = role_sql.values(context.engine, container, database.addon, statements_sql.SCHEMA)
    if not found:
        raise LocalkuError(
            "The extension pg_stat_statements needs to be installed first.",
            f"`{CLIENT} pg:psql -c 'CREATE EXTENSION pg_stat_statements'`",
            kind=Kind.INVALID,
            resource="database",
        )
    return found[0][0]


def _table(context: Context, database: Database, sql: str, **variables: str) -> str:
    container = addon_servers.container(database.addon)
    return role_sql.table(context.engine, container, database.addon, sql, variables)


def _boolean(value: bool) -> str:  # noqa: FBT001 - what it says is all it is about
    return "true" if value else "false"
