"""`localku addons`, and creating and destroying them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, confirm_option, context_and_app, json_option
from localku.cli.tables import aligned
from localku.cli.terminal import Progress, note, say, show_json
from localku.errors import CLIENT, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localku.context import Context
    from localku.records import Addon, App

HOURS = 720
"""Of a month, as Heroku counts."""


@click.command()
@app_option
@json_option
def addons(name: str | None, *, as_json: bool) -> None:
    """List the app's add-ons, and what each is attached as."""
    from localku.platform import views
    from localku.platform.addons import addon_ids
    from localku.platform.addons import addons as verbs

    context, app = context_and_app(name)
    found = verbs.of(context, app)
    if as_json:
        show_json([views.addon(addon_ids.owner(context, one), one) for one in found])
        return
    if not found:
        say(f"No add-ons on {app.name}.")
        return
    rows = [row for one in found for row in _rows(context, app, one)]
    for line in aligned([("Add-on", "Plan", "Price", "Max price", "State"), *rows], ruled=True):
        say(line)
    say(f"\nThe table above shows add-ons and the attachments to the current app ({app.name}) or other apps.")


def _rows(context: Context, app: App, addon: Addon) -> Iterator[tuple[str, str, str, str, str]]:
    from localku.platform.addons import addons as verbs

    plan = context.service(addon.service).plan(addon.plan)
    state = "created" if addon.port else "creating"
    yield f"{addon.service} ({addon.name})", addon.plan, hourly(plan.price), monthly(plan.price), state
    for number, one in enumerate(addon.attachments, start=1):
        branch = "└─" if number == len(addon.attachments) else "├─"
        there = "" if one.app_id == app.id else f" on {verbs.attached_to(context, one)} app"
        yield f" {branch} as {one.name}{there}", "", "", "", ""


def hourly(price: int) -> str:
    """`~$0.007/hour`."""
    return f"~${price / HOURS:.3f}/hour" if price else "free"


def monthly(price: int) -> str:
    """`$5/month`."""
    return f"${price}/month" if price else "free"


@click.command()
@click.argument("plan", metavar="SERVICE[:PLAN]")
@click.argument("settings", metavar="[-- --version N]", nargs=-1, type=click.UNPROCESSED)
@app_option
@click.option("--as", "attachment", metavar="NAME", help="Attach it under this name instead of DATABASE or a colour.")
@click.option("--name", "addon_name", metavar="NAME", help="Call the add-on so.")
def addons_create(
    plan: str, settings: tuple[str, ...], name: str | None, attachment: str | None, addon_name: str | None
) -> None:
    """Provision a Postgres server, and set a config var of the app to its URL."""
    from localku.platform.addons import addons as verbs
    from localku.platform.addons.provisioning import Wish

    context, app = context_and_app(name)
    progress = Progress()
    read = read_settings(settings)
    wish = Wish(
        plan,
        attachment=attachment,
        name=addon_name,
        version=read.get("version", ""),
        enforce_now=read.get("enforce") == "now",
    )
    verbs.create(context, app, wish, progress, progress.between(note))


def read_settings(words: tuple[str, ...]) -> dict[str, str]:
    """Read what stands after `--`: `--version 16`, or `--version=16`."""
    found, left = dict[str, str](), list(words)
    while left:
        key, equals, value = left.pop(0).removeprefix("--").partition("=")
        if not equals and left:
            value = left.pop(0)
        if key in {"fork", "follow", "rollback"}:
            raise Invalid(
                "There are no forks and followers of databases here.",
                f"Create an empty one, and copy into it: `{CLIENT} pg:copy`.",
                resource="addon",
            )
        if key not in {"version", "enforce"} or not value:
            raise Invalid(f"Unknown setting: {key}.", "There are --version N and --enforce now.", resource="addon")
        found[key] = value
    return found


@click.command()
@click.argument("addon", required=False)
@app_option
@confirm_option
@click.option("-f", "--force", is_flag=True, help="Also where another app has an attachment of it.")
def addons_destroy(addon: str | None, name: str | None, confirm: str | None, *, force: bool) -> None:
    """Remove a database, its data and its config vars."""
    from localku.platform.addons import addon_ids, provisioning
    from localku.platform.addons import addons as verbs

    context, app = context_and_app(name)
    found = verbs.find(context, app, addon)
    owner = addon_ids.owner(context, found)
    if not force:
        verbs.refuse_shared(context, found)
    ask(owner.name, confirm, f"This destroys {found.name} of {owner.name} and all its data.")
    provisioning.destroy(context, owner, found)
    note(f"Destroying {found.name} on {owner.name}... done")
