"""`localku addons:attach` and its kin: what an add-on is called, and where."""

from __future__ import annotations

import click

from localku.cli.commands.apps.addons_commands import hourly, monthly
from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, confirm_option, context_and_app, json_option
from localku.cli.shell import completers
from localku.cli.tables import aligned
from localku.cli.terminal import note, say, show_json


@click.command()
@click.argument("addon")
@app_option
@click.option("--as", "attachment", metavar="NAME", help="Name of the attachment; without it one with a colour.")
@confirm_option
def addons_attach(addon: str, name: str | None, attachment: str | None, confirm: str | None) -> None:
    """Give the app a config var with the URL of an add-on, its own or another app's."""
    from localku.platform.addons import attaching
    from localku.platform.addons import find_addon as finding

    context, app = context_and_app(name)
    found = finding.anywhere(context, app, addon)
    if confirm is not None:
        ask(app.name, confirm, "This replaces an attachment.")
    made, release = attaching.attach(context, app, found, attachment, note, replacing=confirm is not None)
    note(f"Attaching {found.name} as {made} to {app.name}... done")
    note(f"Setting {made} config vars and restarting {app.name}... done, v{release.version}")


@click.command()
@click.argument("attachment")
@app_option
def addons_detach(attachment: str, name: str | None) -> None:
    """Take an attachment away from the app; the add-on and its data stay."""
    from localku.platform.addons import attaching

    context, app = context_and_app(name)
    found = attaching.find(context, app, attachment)
    addon = attaching.addon_of(context, found)
    release = attaching.detach(context, app, found, note)
    note(f"Detaching {found.name} to {addon.name} from {app.name}... done")
    note(f"Unsetting {found.name} config vars and restarting {app.name}... done, v{release.version}")


@click.command()
@click.argument("addon")
@app_option
def addons_info(addon: str, name: str | None) -> None:
    """Show one add-on: attachments, plan and price."""
    from localku.platform.addons import addon_ids
    from localku.platform.addons import addons as verbs
    from localku.platform.addons import find_addon as finding

    context, app = context_and_app(name)
    found = finding.anywhere(context, app, addon)
    plan = context.service(found.service).plan(found.plan)
    attached = [f"{verbs.attached_to(context, one)}::{one.name}" for one in found.attachments]
    say(f"=== {found.name}\n")
    for key, value in (
        ("Attachments", ", ".join(attached)),
        ("Installed at", f"{found.created_at.astimezone():%a %b %d %Y %H:%M:%S %z}"),
        ("Max Price", monthly(plan.price)),
        ("Owning app", addon_ids.owner(context, found).name),
        ("Plan", f"{found.service}:{found.plan}"),
        ("Price", hourly(plan.price)),
        ("State", "created" if found.port else "creating"),
    ):
        say(f"{key + ':':<14}{value}")


@click.command()
@click.argument("service")
@json_option
def addons_plans(service: str, *, as_json: bool) -> None:
    """List the plans of a service, with Heroku's prices."""
    from localku.opening import open_context
    from localku.platform.addons import addon_views

    found = open_context().service(service)
    plans = sorted(found.plans.values(), key=lambda one: one.price)
    if as_json:
        show_json([addon_views.plan(found, one) for one in plans])
        return
    rows = [(f"{service}:{one.name}", one.title, hourly(one.price), monthly(one.price)) for one in plans]
    for line in aligned([("slug", "name", "price", "max price"), *rows], ruled=True):
        say(line)


@click.command()
@json_option
def addons_services(*, as_json: bool) -> None:
    """List the services that there are add-ons of."""
    from localku.opening import open_context
    from localku.platform.addons import addon_views

    found = open_context().services
    if as_json:
        show_json([addon_views.service(one) for one in found])
        return
    for line in aligned([("Slug", "Name", "State"), *((one.name, one.title, "ga") for one in found)], ruled=True):
        say(line)


@click.command()
@click.argument("addon")
@click.argument("new_name")
@app_option
def addons_rename(addon: str, new_name: str, name: str | None) -> None:
    """Give an add-on another name; data, attachments and config vars stay."""
    from localku.platform.addons import addons as verbs
    from localku.platform.addons import find_addon as finding

    context, app = context_and_app(name)
    found = finding.anywhere(context, app, addon)
    verbs.rename(context, found, new_name)
    note(f"{found.name} successfully renamed to {new_name}.")


@click.command()
@click.argument("addon", required=False)
@app_option
def addons_wait(addon: str | None, name: str | None) -> None:
    """Wait until the app's add-ons are there and answer."""
    from localku.platform.addons import addon_ids, provisioning
    from localku.platform.addons import addons as verbs

    context, app = context_and_app(name)
    found = (verbs.find(context, app, addon),) if addon else verbs.of(context, app)
    for one in found:
        provisioning.ensure_running(context, addon_ids.owner(context, one), ready=True)
        note(f"Waiting for {one.name}... done")


@click.command()
@click.argument("database", shell_complete=completers.databases)
@app_option
def pg_promote(database: str, name: str | None) -> None:
    """Make a database the app's DATABASE_URL; what was that keeps a config var with a colour."""
    from localku.platform.addons import attaching
    from localku.platform.addons import find_addon as finding

    context, app = context_and_app(name)
    found = finding.anywhere(context, app, database)
    attaching.promote(context, app, found, note)
    note(f"Promoting {found.name} to DATABASE_URL on {app.name}... done")
