"""`localku pg:credentials:rotate`."""

from __future__ import annotations

import click

from localku.cli.commands.data.database_option import context_and_database, database_argument
from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, confirm_option
from localku.cli.terminal import note


@click.command()
@database_argument
@app_option
@confirm_option
@click.option("-n", "--name", "credential", metavar="NAME", default="default", show_default=True, help="Credential.")
@click.option("--all", is_flag=True, expose_value=False, help="All credentials: there is one.")
@click.option("--force", is_flag=True, expose_value=False, help="End connections at once, as is done here anyway.")
def pg_credentials_rotate(database: str | None, name: str | None, confirm: str | None, credential: str) -> None:
    """Give a database another password, and the apps that use it config vars with it."""
    from localku.platform.databases import maintaining, rotating, running_database

    context, found = context_and_database(name, database)
    maintaining.credential(found, credential)
    apps = ", ".join(app.name for app in rotating.affected(context, found))
    ask(
        found.app.name,
        confirm,
        f"The password for the {credential} credential will rotate. Connections will be reset and the dynos of {apps} "
        "will be restarted.",
    )
    rotating.rotate(context, running_database.ensure(context, found, ready=True), note)
    note(f"Rotating {credential} on {found.addon.name}... done")
