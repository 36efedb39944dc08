"""The argument DATABASE and the option `-a`, which all pg commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from localku.cli.options import context_and_app
from localku.cli.shell import completers

if TYPE_CHECKING:
    from localku.context import Context
    from localku.platform.databases.find_database import Database

database_argument = click.argument("database", required=False, shell_complete=completers.databases)


def context_and_database(name: str | None, database: str | None) -> tuple[Context, Database]:
    """Find the database that the argument names in the app, without starting it; LocalkuError where there is none."""
    from localku.platform.databases import find_database

    context, app = context_and_app(name)
    return context, find_database.find(context, app, database)


def context_and_running(name: str | None, database: str | None) -> tuple[Context, Database]:
    """As `context_and_database`, started where it was down."""
    from localku.platform.databases import running_database

    context, found = context_and_database(name, database)
    return context, running_database.ensure(context, found)
