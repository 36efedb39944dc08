"""`localku pg:copy`, `pg:push` and `pg:pull`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, context_and_app
from localku.cli.terminal import note

if TYPE_CHECKING:
    from localku.platform.backups.foreign_database import Foreign

Command = TypeVar("Command", bound=Callable[..., object])


def _excluding(command: Command) -> Command:
    help_text = "Tables of which only the definition goes along, separated by ';'."
    return click.option("--exclude-table-data", "excluded", default="", metavar="TABLES", help=help_text)(command)


@click.command()
@click.argument("source")
@click.argument("target")
@app_option
@click.option("-c", "--confirm", metavar="NAME", help="Confirm by naming the target.")
def pg_copy(source: str, target: str, name: str | None, confirm: str | None) -> None:
    """Replace all that the database TARGET holds by what SOURCE holds."""
    from localku.cli.transfer_line import TransferLine
    from localku.platform.backups import copying, database_argument

    context, app = context_and_app(name)
    giving, taking = (database_argument.find(context, app, one) for one in (source, target))
    word = taking.name.removeprefix("HEROKU_POSTGRESQL_")
    ask(
        word,
        confirm,
        f"This removes all data from {taking.name} and transfers the data from {giving.name} to it.",
    )
    note(f"Starting copy of {giving.name} to {taking.name}... done")
    line = TransferLine("Copying")
    with line.shown():
        copying.copy(context, giving, taking, line.moved, line.expect)


@click.command()
@click.argument("source")
@click.argument("target")
@app_option
@_excluding
def pg_push(source: str, target: str, name: str | None, excluded: str) -> None:
    """Push a database on this machine, or one at a URL, into the app's database TARGET, which must be empty."""
    from localku.cli.transfer_line import TransferLine
    from localku.platform.backups import copying, database_argument

    context, app = context_and_app(name)
    taking = database_argument.find(context, app, target)
    giving = _foreign(source)
    note(f"Pushing {giving.name} to {taking.addon.name}")
    line = TransferLine("Pushing")
    with line.shown():
        made = copying.push(context, giving, taking, excluded=_tables(excluded), moved=line.moved, expected=line.expect)
    if made.warnings:
        note(f" !     Finished with {made.warnings} warnings; localku pg:backups:info {made.name} has them.")
    note("Pushing complete.")


@click.command()
@click.argument("source")
@click.argument("target")
@app_option
@_excluding
def pg_pull(source: str, target: str, name: str | None, excluded: str) -> None:
    """Pull the app's database SOURCE into a new database TARGET on this machine, or an empty one at a URL."""
    from localku.cli.transfer_line import TransferLine
    from localku.platform.backups import copying, database_argument

    context, app = context_and_app(name)
    giving = database_argument.find(context, app, source)
    taking = _foreign(target)
    note(f"Pulling {giving.addon.name} to {taking.name}")
    line = TransferLine("Pulling")
    with line.shown():
        warnings = copying.pull(
            context, giving, taking, excluded=_tables(excluded), moved=line.count, expected=line.expect
        )
    if warnings:
        note(f" !     Finished with {warnings} warnings: some objects could not be made there.")
    note("Pulling complete.")


def _foreign(asked: str) -> Foreign:
    from localku.platform.backups import foreign_database

    return foreign_database.parsed(asked, os.environ, foreign_database.password_file(os.environ))


def _tables(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(";") if one.strip())
