"""`localku pg:postgis`."""

from __future__ import annotations

import click

from localku.cli.commands.data.database_option import context_and_database, database_argument
from localku.cli.options import app_option
from localku.cli.terminal import Progress, note


@click.command()
@database_argument
@app_option
def pg_postgis(database: str | None, name: str | None) -> None:
    """Give a database a server with PostGIS: its data stays, its connections end."""
    from localku.platform.databases import postgis

    context, found = context_and_database(name, database)
    postgis.add(context, found, Progress())
    note(f"Starting {found.addon.name} with PostGIS... done")
    note("CREATE EXTENSION postgis works now.")
