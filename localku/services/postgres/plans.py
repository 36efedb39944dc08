"""Heroku Postgres plans (Dev Center, "Choosing the Right Heroku Postgres Plan")."""

from __future__ import annotations

from dataclasses import dataclass

from localku.errors import Kind, LocalkuError

SERVICE = "heroku-postgresql"


GIGABYTE = 1024**3


@dataclass(frozen=True)
class Plan:
    """`connections` is the role's limit, `size` the storage in GB, `rows` the quota of rows where there is one.

    `memory` in GB is the server's. Of the standard and premium plans it is what Heroku gives them (its table "Choosing
    the Right Heroku Postgres Plan"); of the small ones, which share a server there, it is our own: PostgreSQL's
    128 MB of shared buffers, 40 connections of 10 to 20 MB, and room to sort.
    """

    name: str
    connections: int
    size: int
    rows: int | None = None
    memory: int = 1

    @property
    def most_memory(self) -> int:
        """Bytes."""
        return self.memory * GIGABYTE

    @property
    def processes(self) -> int:
        """One a connection, the superuser's too; then the server's own, parallel workers, and what we ask with."""
        return self.connections + 20 + 60


PLANS = {
    plan.name: plan
    for plan in (
        Plan("mini", 20, 1, rows=10_000),
        Plan("basic", 20, 10, rows=10_000_000),
        Plan("essential-0", 20, 1),
        Plan("essential-1", 20, 10),
        Plan("essential-2", 40, 32),
        Plan("standard-0", 200, 64, memory=4),
        Plan("standard-2", 500, 256, memory=8),
        Plan("premium-0", 200, 64, memory=4),
    )
}

RETIRED = {"hobby-dev": "essential-0", "hobby-basic": "essential-1"}
"""Plans in old app.json files, and what Heroku gives for them today. `mini` and `basic` are gone from its list too,
but they are kept here with their quota of rows, for apps that live with one."""


def named(asked: str) -> Plan:
    """Read `heroku-postgresql`, `heroku-postgresql:essential-0` or a plan alone."""
    name = asked.removeprefix(SERVICE).removeprefix(":") or "essential-0"
    found = PLANS.get(RETIRED.get(name, name))
    if found is None:
        raise LocalkuError(
            f"{SERVICE} has no plan '{name}'.",
            f"Plans: {', '.join(PLANS)}.",
            kind=Kind.NOT_FOUND,
            resource="plan",
        )
    return found
