"""Holds the app's databases to the rows of their plans, and says so in the app's log."""

from __future__ import annotations

from dataclasses import replace

from localku.context import Context
from localku.platform.addons import addon_servers
from localku.records import Addon, App
from localku.services.postgres import plan_quota, plans
from localku.services.postgres.plan_quota import Standing, Usage
from localku.services.postgres.plans import Plan


def enforce(context: Context, app: App, told: dict[str, Standing]) -> None:
    """Look at each running database that has a quota; `told` remembers by name what the log was told last."""
    for addon in context.store.addons.of(app):
        plan = plans.named(addon.plan)
        if plan.rows is not None and addon.port:
            _enforce(context, app, addon, plan, told)


def _enforce(context: Context, app: App, addon: Addon, plan: Plan, told: dict[str, Standing]) -> None:
    container = addon_servers.container(addon)
    where = (context.engine, container, addon.database, addon.role)
    usage = plan_quota.look(*where)
    standing = usage.standing(plan)
    if standing is Standing.OVER and not usage.revoked:
        plan_quota.revoke(*where)
        usage = replace(usage, revoked=True)
    elif standing is not Standing.OVER and usage.revoked:
        plan_quota.restore(*where)
    if standing is not told.get(addon.name, Standing.FINE):
        told[addon.name] = standing
        context.log(app).write("localku", addon.name, _message(usage, standing, plan))


def _message(usage: Usage, standing: Standing, plan: Plan) -> str:
    rows = f"{usage.rows:,} of the {plan.rows:,} rows of the plan {plan.name}"
    if standing is Standing.OVER:
        return f"{rows}: INSERT is revoked until rows are deleted (on Heroku, after seven days)"
    if standing is Standing.NEAR:
        return f"{rows}: INSERT is revoked above that"
    return f"{rows}: INSERT is allowed"
