"""`localku addons` and its kin."""

from __future__ import annotations

import click

from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, confirm_option, context_and_app, json_option
from localku.cli.terminal import Progress, note, say, show_json


@click.command()
@app_option
@json_option
def addons(name: str | None, *, as_json: bool) -> None:
    """List the app's add-ons."""
    from localku.platform import views
    from localku.platform.addons import addons as verbs

    context, app = context_and_app(name)
    found = verbs.of(context, app)
    if as_json:
        show_json([views.addon(app, one) for one in found])
        return
    for one in found:
        say(f"heroku-postgresql ({one.name})  {one.plan}  as {one.config_var}")
    if not found:
        say(f"No add-ons on {app.name}.")


@click.command()
@click.argument("plan", metavar="heroku-postgresql[:PLAN]")
@app_option
def addons_create(plan: str, name: str | None) -> None:
    """Provision a Postgres server of the app's own and set DATABASE_URL."""
    from localku.platform.addons import addons as verbs

    context, app = context_and_app(name)
    progress = Progress()
    verbs.create(context, app, plan, progress, progress.between(note))


@click.command()
@click.argument("addon", required=False)
@app_option
@confirm_option
def addons_destroy(addon: str | None, name: str | None, confirm: str | None) -> None:
    """Remove the database, its data and its config var."""
    from localku.platform.addons import addons as verbs
    from localku.platform.addons import provisioning

    context, app = context_and_app(name)
    found = verbs.find(context, app, addon)
    ask(app.name, confirm, f"This destroys {found.name} of {app.name} and all its data.")
    provisioning.destroy(context, app, found)
    note(f"Destroying {found.name} on {app.name}... done")
