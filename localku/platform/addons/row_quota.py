"""Holds the app's databases to the quotas of their plans, and says so in the app's log."""

from __future__ import annotations

from dataclasses import dataclass

from localku.clock import elapsed
from localku.context import Context
from localku.errors import CLIENT, worded
from localku.platform.addons import addon_servers
from localku.records import Addon, App
from localku.services.postgres import plan_quota, plans
from localku.services.postgres.plan_quota import GRACE, Standing, Usage
from localku.services.postgres.plans import Plan

ROWS_EVERY = 20.0
"""Seconds between two counts of the rows; Heroku counts them "asynchronously".

Dev Center, "Choosing the Right Heroku Postgres Plan".
"""
SIZE_EVERY = 600.0
"""Seconds between two looks at storage and tables, which grow more slowly than a look is worth."""


@dataclass(frozen=True)
class Held:
    """What a database takes up of its plan, and how it stands to that."""

    plan: Plan
    usage: Usage
    standing: Standing


def enforce(context: Context, app: App, told: dict[str, Standing]) -> None:
    """Look at each running database that has a quota; `told` remembers by name what the log was told last."""
    for addon in context.store.addons.of(app):
        if plans.named(addon.plan).is_essential and addon.port:
            held = hold(context, addon)
            if held.standing is not told.get(addon.name, Standing.FINE):
                told[addon.name] = held.standing
                context.log(app).write("localku", addon.name, worded(_message(held)))


def every(context: Context, app: App) -> float:
    """Seconds until the app's databases are to be looked at again."""
    found = [plans.named(one.plan) for one in context.store.addons.of(app)]
    return ROWS_EVERY if any(plan.rows is not None for plan in found) else SIZE_EVERY


def hold(context: Context, addon: Addon) -> Held:
    """Look at one that runs; take away its right to write where that is due, and give it back where it is not."""
    plan = plans.named(addon.plan)
    where = (context.engine, addon_servers.container(addon), addon.database, addon.role)
    usage = plan_quota.look(*where)
    standing = usage.standing(plan)
    since = (addon.over_since or context.clock.now()) if standing is Standing.OVER else None
    if since != addon.over_since:
        context.store.addons.over(addon, since)
    due = since is not None and (addon.enforce_now or elapsed(context.clock, since) >= GRACE)
    if due != usage.revoked:
        change = plan_quota.revoke if due else plan_quota.restore
        change(*where, plan_quota.taken(plan))
        if plan.tables is not None:
            plan_quota.limit_connections(*where, plan_quota.connections(plan, restricted=due))
    return Held(plan, usage, Standing.REVOKED if due else standing)


def _message(held: Held) -> str:
    plan, rights = held.plan, plan_quota.taken(held.plan)
    used = ", ".join(quotas(held))
    return {
        Standing.FINE: f"{used}: {rights} is allowed",
        Standing.NEAR: f"{used}: {rights} is revoked above that",
        Standing.OVER: f"{used}: {rights} is revoked in seven days (`{CLIENT} pg:quota --enforce now` does not wait)",
        Standing.REVOKED: f"{used}: {rights} is revoked until some are deleted",
    }[held.standing].replace("of the plan", f"of the plan {plan.name}")


def quotas(held: Held) -> list[str]:
    """Each quota of the plan in words: `10,001 of the 10,000 rows of the plan`."""
    plan, usage = held.plan, held.usage
    found = [(usage.rows, plan.rows, "rows"), (usage.tables, plan.tables, "tables")]
    if plan.tables is not None:
        found.append((usage.size, plan.size * plans.GIGABYTE, "bytes"))
    return [f"{used:,} of the {most:,} {what} of the plan" for used, most, what in found if most is not None]
