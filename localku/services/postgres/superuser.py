"""SQL as a server's superuser, which only a process in its container can be.

Everything in an app's database is the app's, and so are the settings that its owner gives to it (ALTER DATABASE …
SET): what decides which code runs here, or whether any does, is said by the connection, which beats them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.engine.client import Engine

_SETTINGS = {
    "search_path": "pg_catalog,pg_temp",
    "role": "none",
    "local_preload_libraries": "",
    "event_triggers": "off",
    "standard_conforming_strings": "on",
    "default_transaction_read_only": "off",
    "lock_timeout": "10s",
    "statement_timeout": "60s",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
}
"""No name is looked for where an app can make one; no app can make us wait for ever, and its log is not of us."""

ENVIRONMENT = {
    "PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items()),
    "PGCLIENTENCODING": "UTF8",
}

_PSQL = 'exec /usr/lib/postgresql/*/bin/psql --no-psqlrc -qAt -v ON_ERROR_STOP=1 -v role="$1" "$2"'

_PSQL_ALONE = 'exec /usr/lib/postgresql/*/bin/psql --no-psqlrc -qAt -c "$1" postgres'

_DROP = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = :'role' AND pid <> pg_backend_pid();
"""

_ALTER = """
ALTER ROLE :"role" PASSWORD '{password}';
"""


def query(engine: Engine, container: str, database: str, role: str, sql: str) -> str:
    """Run SQL, with the psql variable `role`; return what psql prints, or raise LocalkuError with it."""
    variables = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    command = ["/usr/bin/env", *variables, "/bin/bash", "-c", _PSQL, "psql", role, database]
    done = engine.containers.exec_with_input(container, command, sql.encode(), user="postgres")
    output = done.output.decode(errors="replace").strip()
    if done.exit_status != 0:
        raise LocalkuError(f"{container} could not be asked: {output}")
    return output


def leave(engine: Engine, container: str, statement: str) -> None:
    """Begin to run one statement in the database `postgres`, however long it takes."""
    environment = {**ENVIRONMENT, "PGOPTIONS": f"{ENVIRONMENT['PGOPTIONS']} -c statement_timeout=0"}
    engine.containers.exec_detached(
        container, ("/bin/bash", "-c", _PSQL_ALONE, "psql", statement), user="postgres", env=environment
    )


def set_password(engine: Engine, container: str, database: str, role: str, password: str) -> None:
    """Give the app's role another password, of letters and digits; connections that there are go on."""
    query(engine, container, database, role, _ALTER.format(password=password))


def drop_connections(engine: Engine, container: str, database: str, role: str) -> int:
    """End all connections of the app's role; return how many there were."""
    return int(query(engine, container, database, role, _DROP))
