"""Heroku Postgres plans (Dev Center, "Choosing the Right Heroku Postgres Plan")."""

from __future__ import annotations

from dataclasses import dataclass

from localku.errors import Kind, LocalkuError

SERVICE = "heroku-postgresql"


GIGABYTE = 1024**3


@dataclass(frozen=True)
class Plan:
    """`connections` is the role's limit, `size` the storage in GB, `rows` and `tables` the quotas where there are any.

    `memory` in GB is the server's. Of the standard and premium plans it is what Heroku gives them (its table "Choosing
    the Right Heroku Postgres Plan"); of the small ones, which share a server there, it is our own: PostgreSQL's
    128 MB of shared buffers, 40 connections of 10 to 20 MB, and room to sort. `price` is Heroku's, in dollars a month.
    """

    name: str
    connections: int
    size: int
    price: int
    rows: int | None = None
    tables: int | None = None
    memory: int = 1

    @property
    def title(self) -> str:
        """As `pg:info` has it: `Essential 0`, `Hobby-dev`."""
        kind, _, size = self.name.partition("-")
        return f"{kind.capitalize()} {size}" if size.isdecimal() else self.name.capitalize()

    @property
    def is_essential(self) -> bool:
        """Whether it is one of the small plans, which lack what a server of their own would give them."""
        return self.rows is not None or self.tables is not None

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
        Plan("hobby-dev", 20, 1, 0, rows=10_000),
        Plan("hobby-basic", 20, 10, 9, rows=10_000_000),
        Plan("mini", 20, 1, 5, rows=10_000),
        Plan("basic", 20, 10, 9, rows=10_000_000),
        Plan("essential-0", 20, 1, 5, tables=4_000),
        Plan("essential-1", 20, 10, 9, tables=4_000),
        Plan("essential-2", 40, 32, 20, tables=4_000),
        Plan("standard-0", 200, 64, 50, memory=4),
        Plan("standard-2", 500, 256, 200, memory=8),
        Plan("premium-0", 200, 64, 200, memory=4),
    )
}
"""`hobby-dev` and `hobby-basic` (until 2022), `mini` and `basic` are gone from Heroku's list; apps still name them."""


def named(asked: str) -> Plan:
    """Read `heroku-postgresql`, `heroku-postgresql:essential-0` or a plan alone."""
    name = asked.removeprefix(SERVICE).removeprefix(":") or "essential-0"
    found = PLANS.get(name)
    if found is None:
        raise LocalkuError(
            f"{SERVICE} has no plan '{name}'.",
            f"Plans: {', '.join(PLANS)}.",
            kind=Kind.NOT_FOUND,
            resource="plan",
        )
    return found
