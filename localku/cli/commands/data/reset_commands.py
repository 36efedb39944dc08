"""`localku pg:reset` and `pg:killall`."""

from __future__ import annotations

import click

from localku.cli.commands.data.database_option import context_and_database, context_and_running, database_argument
from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, confirm_option
from localku.cli.terminal import note


@click.command()
@database_argument
@app_option
@confirm_option
@click.option("-e", "--extensions", metavar="NAMES", default="", help="Extensions to create afterwards, with commas.")
def pg_reset(database: str | None, name: str | None, confirm: str | None, extensions: str) -> None:
    """Delete all data in a database; the dynos lose their connections."""
    from localku.platform.databases import maintaining, running_database

    context, found = context_and_database(name, database)
    ask(found.app.name, confirm, f"{found.addon.name} will lose all of its data.")
    wanted = tuple(one.strip() for one in extensions.split(",") if one.strip())
    maintaining.reset(context, running_database.ensure(context, found), wanted)
    note(f"Resetting {found.addon.name}... done")


@click.command()
@database_argument
@app_option
def pg_killall(database: str | None, name: str | None) -> None:
    """End all connections to a database; dynos connect again."""
    from localku.platform.databases import maintaining

    context, found = context_and_running(name, database)
    maintaining.end_connections(context, found)
    note("Terminating connections for all credentials... done")
