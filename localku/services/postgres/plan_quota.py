"""Row quotas: a database over its plan's rows loses INSERT, and gets it back below (Dev Center).

Rows are counted as Heroku counts them, from the server's own statistics, so a change is seen a moment later.
Heroku waits seven days before it takes INSERT away; here it happens at the next look, for it is better to break here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from localku.services.postgres import superuser

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.services.postgres.plans import Plan

WARN_AT = 0.7
"""Part of the quota at which Heroku writes its first mail."""

_LOOK = """
SELECT coalesce((SELECT sum(n_live_tup) FROM pg_stat_user_tables), 0),
       coalesce((SELECT bool_or(NOT has_table_privilege(:'role', c.oid, 'INSERT'))
                 FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relowner = :'role'::regrole), false);
"""
_CHANGE = """
SELECT format('{change} ON ALL TABLES IN SCHEMA %I {preposition} %I', nspname, :'role')
FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)';
\\gexec
"""


class Standing(Enum):
    FINE = "fine"
    NEAR = "near"
    OVER = "over"


@dataclass(frozen=True)
class Usage:
    """`rows` the statistics count; `revoked` whether some table refuses INSERT to the role."""

    rows: int
    revoked: bool

    def standing(self, plan: Plan) -> Standing:
        if plan.rows is None or self.rows < plan.rows * WARN_AT:
            return Standing.FINE
        return Standing.OVER if self.rows > plan.rows else Standing.NEAR


def look(engine: Engine, container: str, database: str, role: str) -> Usage:
    """Count the rows of a running server's database."""
    rows, revoked = superuser.query(engine, container, database, role, _LOOK).split("|")
    return Usage(int(rows), revoked == "t")


def revoke(engine: Engine, container: str, database: str, role: str) -> None:
    """Take INSERT away on all tables there are; reading, updating and deleting go on."""
    superuser.query(engine, container, database, role, _CHANGE.format(change="REVOKE INSERT", preposition="FROM"))


def restore(engine: Engine, container: str, database: str, role: str) -> None:
    """Give INSERT back on all tables."""
    superuser.query(engine, container, database, role, _CHANGE.format(change="GRANT INSERT", preposition="TO"))
