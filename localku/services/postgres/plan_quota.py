"""Quotas of plans: a database over its own loses the right to write, and gets it back below.

Of the plans with a quota of rows Heroku takes INSERT away (Dev Center, "Choosing the Right Heroku Postgres Plan" of
2022), of those with a quota of tables and storage all that writes but DELETE and TRUNCATE, and all connections but one
("Heroku Postgres Over Plan Capacity"). Rows are counted as Heroku counts them, from the server's own statistics, so a
change is seen a moment later, and no table is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from localku.services.postgres import superuser
from localku.services.postgres.plans import GIGABYTE

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.services.postgres.plans import Plan

WARN_AT = 0.7
"""Part of the quota at which Heroku writes its first mail."""

GRACE = 7 * 24 * 3600.0
"""Seconds from the moment a database is over its quota until it loses the right to write ("in 7 days")."""

_LOOK = """
SELECT coalesce((SELECT sum(n_live_tup) FROM pg_stat_user_tables), 0),
       coalesce((SELECT bool_or(NOT has_table_privilege(:'role', c.oid, 'INSERT'))
                 FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relowner = :'role'::regrole), false),
       (SELECT count(*) FROM pg_stat_user_tables),
       pg_database_size(current_database());
"""
_CHANGE = """
SELECT format('{change} ON ALL TABLES IN SCHEMA %I {preposition} %I', nspname, :'role')
FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)';
\\gexec
"""


class Standing(Enum):
    """How a database stands to its quota, as `pg:info` says it."""

    FINE = "In compliance"
    NEAR = "In compliance, close to limit"
    OVER = "Above limits, access disruption imminent"
    REVOKED = "Write access revoked"


@dataclass(frozen=True)
class Usage:
    """`rows` the statistics count, `size` in bytes; `revoked` whether some table refuses INSERT to the role."""

    rows: int
    revoked: bool
    tables: int = 0
    size: int = 0

    def standing(self, plan: Plan) -> Standing:
        """The worst of all quotas that the plan has."""
        found = {_standing(used, most) for used, most in self.quotas(plan)}
        return next((one for one in (Standing.OVER, Standing.NEAR) if one in found), Standing.FINE)

    def quotas(self, plan: Plan) -> tuple[tuple[int, int], ...]:
        """Pairs of what is used and what the plan has, where it holds anybody to it."""
        quotas = [(self.rows, plan.rows), (self.tables, plan.tables)]
        if plan.tables is not None:
            quotas.append((self.size, plan.size * GIGABYTE))
        return tuple((used, most) for used, most in quotas if most is not None)


def _standing(used: int, most: int) -> Standing:
    if used < most * WARN_AT:
        return Standing.FINE
    return Standing.OVER if used > most else Standing.NEAR


def look(engine: Engine, container: str, database: str, role: str) -> Usage:
    """Ask a running server what its database takes up."""
    rows, revoked, tables, size = superuser.query(engine, container, database, role, _LOOK).split("|")
    return Usage(int(rows), revoked == "t", int(tables), int(size))


def taken(plan: Plan) -> str:
    """The rights that the plan takes from a database over its quota."""
    return "INSERT" if plan.rows is not None else "INSERT, UPDATE"


def connections(plan: Plan, *, restricted: bool) -> int:
    """How many the role may have: one where all else but deleting is taken from it."""
    return 1 if restricted and plan.tables is not None else plan.connections


def limit_connections(engine: Engine, container: str, database: str, role: str, most: int) -> None:
    """Let the role have so many from now on; those beyond, which were there before, are ended with all others."""
    superuser.query(engine, container, database, role, f'ALTER ROLE :"role" CONNECTION LIMIT {most};')
    if most == 1:
        superuser.drop_connections(engine, container, database, role)


def revoke(engine: Engine, container: str, database: str, role: str, rights: str = "INSERT") -> None:
    """Take rights away on all tables there are; reading and deleting go on."""
    superuser.query(engine, container, database, role, _CHANGE.format(change=f"REVOKE {rights}", preposition="FROM"))


def restore(engine: Engine, container: str, database: str, role: str, rights: str = "INSERT") -> None:
    """Give them back on all tables."""
    superuser.query(engine, container, database, role, _CHANGE.format(change=f"GRANT {rights}", preposition="TO"))
