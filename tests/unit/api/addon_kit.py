"""A database whose server runs, as far as the records say."""

from __future__ import annotations

from localku.context import Context
from localku.records import Addon, App
from localku.services.postgres import credentials


def provisioned(context: Context, app: App, config_var: str = "DATABASE_URL") -> Addon:
    made = context.store.addons.add(credentials.new(app.id, "essential-0", config_var, context.clock.now()))
    context.store.addons.move(made, "172.17.0.2", 5432)
    return context.store.addons.by_id(made.id)
