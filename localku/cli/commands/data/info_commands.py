"""`localku pg:info`, `pg:quota`, `pg:wait` and `pg:credentials:url`."""

from __future__ import annotations

import click

from localku.cli.commands.data.database_option import context_and_database, context_and_running, database_argument
from localku.cli.options import app_option, context_and_app
from localku.cli.tables import aligned
from localku.cli.terminal import note, say

KILOBYTE = 1024


@click.command()
@database_argument
@app_option
def pg_info(database: str | None, name: str | None) -> None:
    """Show the app's databases: plan, size, connections and what the plan allows."""
    from localku.platform.databases import database_info, find_database, info_rows, running_database

    context, app = context_and_app(name)
    found = (find_database.find(context, app, database),) if database else find_database.all_of(context, app)
    if not found:
        say(f"{app.name} has no databases.")
    for one in found:
        info = database_info.info(context, running_database.ensure(context, one))
        say(f"=== {', '.join(info.config_vars)}\n")
        rows = list(info_rows.rows(info))
        width = max(len(key) for key, _ in rows) + 2
        for key, value in rows:
            say(f"{key + ':':<{width}}{value}")
        say("")


@click.command()
@database_argument
@app_option
@click.option(
    "--enforce",
    type=click.Choice(["now", "grace"]),
    help="Whether the right to write goes at once, or after Heroku's seven days.",
)
def pg_quota(database: str | None, name: str | None, enforce: str | None) -> None:
    """Show how a database stands to the quotas of its plan, and when it is held to them."""
    from localku.platform.databases import quota

    context, found = context_and_running(name, database)
    held = quota.look(context, found, None if enforce is None else enforce == "now")
    for line in held.lines:
        say(line)


@click.command()
@database_argument
@app_option
def pg_wait(database: str | None, name: str | None) -> None:
    """Wait until the app's databases accept connections."""
    from localku.platform.databases import find_database, running_database

    context, app = context_and_app(name)
    for one in (find_database.find(context, app, database),) if database else find_database.all_of(context, app):
        running_database.ensure(context, one, ready=True)
        note(f"Waiting for database {one.addon.name}... available")


@click.command()
@database_argument
@app_option
def pg_credentials(database: str | None, name: str | None) -> None:
    """List the credentials of a database: there is one."""
    from localku.platform.databases import maintaining

    context_and_database(name, database)
    for line in aligned([("Credential", "State"), (maintaining.DEFAULT_CREDENTIAL, "active")], ruled=True):
        say(line)


@click.command()
@database_argument
@app_option
@click.option("-n", "--name", "credential", metavar="NAME", default="default", show_default=True, help="Credential.")
def pg_credentials_url(database: str | None, name: str | None, credential: str) -> None:
    """Show how a client connects to a database, password and all."""
    from localku.platform.databases import maintaining

    _, found = context_and_database(name, database)
    shown = maintaining.credential(found, credential)
    say(f"Connection information for {credential} credential.")
    say("Connection info string:")
    say(f'   "{shown.info}"')
    say("Connection URL:")
    say(f"   {shown.url}")
