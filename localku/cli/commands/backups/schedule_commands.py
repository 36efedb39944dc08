"""`localku pg:backups:schedule`, `:schedules` and `:unschedule`."""

from __future__ import annotations

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.shell import completers
from localku.cli.terminal import note, say, show_json


@click.command()
@click.argument("database", required=False, shell_complete=completers.databases)
@app_option
@click.option(
    "--at",
    required=True,
    metavar="'HOUR:00 TIMEZONE'",
    help="A full hour and a time zone, as in '02:00 Europe/Berlin'.",
)
def pg_backups_schedule(database: str | None, name: str | None, at: str) -> None:
    """Back up DATABASE daily at an hour, without a name DATABASE_URL's."""
    from localku.platform.backups import database_argument, schedules

    context, app = context_and_app(name)
    found = database_argument.find(context, app, database)
    made = schedules.schedule(context, found.app, found.addon, f"{found.name}_URL", at)
    note(f"Scheduling automatic daily backups of {found.addon.name} at {made.hour}:00 {made.timezone}... done")


@click.command()
@app_option
@json_option
def pg_backups_schedules(name: str | None, *, as_json: bool) -> None:
    """List the app's daily backups."""
    from localku.platform.backups import schedules, transfer_views

    context, app = context_and_app(name)
    found = schedules.of(context, app)
    if as_json:
        show_json([transfer_views.schedule(one) for one in found])
        return
    if not found:
        note(f" !     No backup schedules found on {app.name}\n !     Use localku pg:backups:schedule to set one up")
        return
    say("=== Backup Schedules\n")
    for one in found:
        say(f"{one.name}: daily at {one.hour}:00 {one.timezone}")


@click.command()
@click.argument("database", required=False, shell_complete=completers.databases)
@app_option
def pg_backups_unschedule(database: str | None, name: str | None) -> None:
    """Stop the daily backups of DATABASE, without a name of the only one that has any."""
    from localku.platform.backups import database_argument, schedules

    context, app = context_and_app(name)
    found = database_argument.find(context, app, database) if database else None
    gone = schedules.unschedule(context, found.app if found else app, found.addon if found else None)
    note(f"Unscheduling {gone.name} daily backups... done")
