"""A new database beside a server's own, which takes its place at once when it is whole."""

from __future__ import annotations

import re
from contextlib import suppress

from localku.errors import Invalid, LocalkuError
from localku.services.postgres.moving.tools import Server

ATTEMPTS = 5
"""An app that connects again at once may be in the way of one of them."""

_EXTENSION = re.compile(r"(\w+\.)?[\w-]+", re.ASCII)


def fresh(database: str) -> str:
    """The new one's name."""
    return f"{database}_new"


def _old(database: str) -> str:
    return f"{database}_old"


def prepare(server: Server, database: str, role: str, extensions: tuple[str, ...] = ()) -> str:
    """Make one, empty but for what a new database has, and return its name."""
    name = fresh(database)
    made = "".join(map(_extension, extensions))
    server.ask(
        "postgres",
        role,
        f"""{_drop(name)}{_drop(_old(database))}
        CREATE DATABASE "{name}" OWNER :"role";
        REVOKE ALL ON DATABASE "{name}" FROM PUBLIC;
        \\connect "{name}"
        CREATE SCHEMA heroku_ext AUTHORIZATION :"role"; SET ROLE :"role"; {made}""",
    )
    return name


def _drop(name: str) -> str:
    """As long as it takes: the server writes all that it still owes the disk, in a checkpoint, before it does so."""
    return f'SET statement_timeout = 0; DROP DATABASE IF EXISTS "{name}" WITH (FORCE); RESET statement_timeout;\n'


def _extension(asked: str) -> str:
    """`hstore`, or `myschema.hstore`."""
    if not _EXTENSION.fullmatch(asked):
        raise Invalid(f"'{asked}' is not the name of an extension.", "Write it as hstore, or myschema.hstore.")
    schema, _, name = asked.rpartition(".")
    place = schema or "public"
    return f'CREATE SCHEMA IF NOT EXISTS "{place}"; CREATE EXTENSION "{name}" SCHEMA "{place}";'


def exchange(server: Server, database: str, role: str) -> None:
    """Let the new one take its place, with its settings; whoever is connected has to connect again.

    The old one goes after that, without anybody who waits for it where the server stays; what is left of it where that
    fails goes with the next `prepare` or `clear`.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            server.ask("postgres", role, _exchange(database))
        except LocalkuError as error:
            if attempt == ATTEMPTS or "being accessed by other users" not in error.message:
                raise
        else:
            break
    with suppress(LocalkuError):
        if server.stays:
            server.leave(f'DROP DATABASE IF EXISTS "{_old(database)}" WITH (FORCE)')
        else:
            server.ask("postgres", role, _drop(_old(database)))


def _exchange(database: str) -> str:
    """Of the settings that both have, the old one's stay: an extension may have set some of the new one's already."""
    new, old = fresh(database), _old(database)
    its, former = (f"(SELECT oid FROM pg_database WHERE datname = '{name}')" for name in (database, old))  # noqa: S608 - the names are ours
    both = f"n.setdatabase = {its} AND o.setdatabase = {former} AND n.setrole = o.setrole"
    return f"""
        SET allow_system_table_mods = on;
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname IN ('{database}', '{new}') AND pid <> pg_backend_pid();
        BEGIN;
        ALTER DATABASE "{database}" RENAME TO "{old}";
        ALTER DATABASE "{new}" RENAME TO "{database}";
        UPDATE pg_db_role_setting o SET setconfig = o.setconfig || ARRAY(
            SELECT one FROM unnest(n.setconfig) one
            WHERE split_part(one, '=', 1) NOT IN (SELECT split_part(kept, '=', 1) FROM unnest(o.setconfig) kept)
        ) FROM pg_db_role_setting n WHERE {both};
        DELETE FROM pg_db_role_setting n USING pg_db_role_setting o WHERE {both};
        UPDATE pg_db_role_setting SET setdatabase = {its} WHERE setdatabase = {former};
        COMMIT;
    """  # noqa: S608 - the names are ours


def discard(server: Server, database: str, role: str) -> None:
    """Take the new one away."""
    server.ask("postgres", role, _drop(fresh(database)))


def clear(server: Server, database: str, role: str) -> None:
    """Take away a new one and an old one that a process which was killed has left."""
    server.ask("postgres", role, _drop(fresh(database)) + _drop(_old(database)))


def exists(server: Server, database: str, role: str) -> bool:
    """Whether there is a new one, that has not taken its place."""
    count = server.ask("postgres", role, f"SELECT count(*) FROM pg_database WHERE datname = '{fresh(database)}';")  # noqa: S608 - the name is ours
    return count == "1"
