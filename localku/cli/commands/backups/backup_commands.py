"""`localku pg:backups`, `:capture`, `:info`, `:download`, `:cancel` and `:delete`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, confirm_option, context_and_app, json_option
from localku.cli.shell import completers
from localku.cli.terminal import note, say, show_json

if TYPE_CHECKING:
    from localku.transfer_records import Transfer

MOST = 10
"""Restores and copies that are listed, as by Heroku's CLI."""


@click.command()
@app_option
@json_option
def pg_backups(name: str | None, *, as_json: bool) -> None:
    """List the app's backups, restores and copies, newest first."""
    from localku.platform.backups import transfer_views as views
    from localku.platform.backups import transfers
    from localku.transfer_records import TransferKind

    context, app = context_and_app(name)
    found = transfers.of(context, app)
    if as_json:
        show_json([views.transfer(one) for one in found])
        return
    backups = [one for one in found if one.kind.is_backup]
    restores = [one for one in found if one.kind is TransferKind.RESTORE][:MOST]
    copies = [one for one in found if one.kind is TransferKind.COPY][:MOST]
    _section("Backups", backups, _backup_columns(), "No backups. Capture one with localku pg:backups:capture")
    _section(
        "Restores",
        restores,
        _columns("Started at", ("Database", lambda one: one.target)),
        "No restores found. Use localku pg:backups:restore to restore a backup",
    )
    _section(
        "Copies",
        copies,
        _columns("Started at", ("From", lambda one: one.source), ("To", lambda one: one.target)),
        "No copies found. Use localku pg:copy to copy a database to another",
    )


Column = tuple[str, "Callable[[Transfer], str]"]


def _backup_columns() -> list[Column]:
    return _columns("Created at", ("Database", lambda one: one.source))


def _columns(moment: str, *last: Column) -> list[Column]:
    from localku.platform.backups import transfer_views as views

    return [
        ("ID", lambda one: one.name),
        (moment, lambda one: views.moment(one.created_at)),
        ("Status", views.status),
        ("Size", lambda one: views.size(one.size)),
        *last,
    ]


def _section(title: str, found: Sequence[Transfer], columns: list[Column], none: str) -> None:
    say(f"=== {title}\n")
    for line in _table(found, columns) if found else (none,):
        say(line)
    say("")


def _table(found: Sequence[Transfer], columns: list[Column]) -> Iterator[str]:
    from localku.cli.tables import aligned

    return aligned(
        [[title for title, _ in columns], *([cell(one) for _, cell in columns] for one in found)], ruled=True
    )


@click.command()
@click.argument("database", required=False, shell_complete=completers.databases)
@app_option
@click.option("-v", "--verbose", is_flag=True, help="Show what pg_dump says.")
def pg_backups_capture(database: str | None, name: str | None, *, verbose: bool) -> None:
    """Back up DATABASE, without a name DATABASE_URL's."""
    from localku.cli.transfer_line import TransferLine
    from localku.platform.backups import capturing, database_argument

    context, app = context_and_app(name)
    found = database_argument.find(context, app, database)
    note(f"Starting backup of {found.addon.name}... done\n")
    note("Use Ctrl-C at any time to cancel the backup; from another terminal, localku pg:backups:cancel.\n")
    line = TransferLine(f"Backing up {found.name} to {{name}}")
    with line.shown():
        made = capturing.capture(context, found.app, found.addon, found.name, moved=line.moved)
    for row in made.logs if verbose else ():
        say(row)


@click.command()
@click.argument("backup", required=False)
@app_option
@json_option
def pg_backups_info(backup: str | None, name: str | None, *, as_json: bool) -> None:
    """Show one backup, restore or copy and what the tools said; without a name the newest backup."""
    from localku.platform.backups import transfer_views as views
    from localku.platform.backups import transfers

    context, app = context_and_app(name)
    newest = next(iter(transfers.backups(context, app)), None) if backup is None else None
    one = newest or (transfers.find(context, app, backup) if backup else transfers.good(context, app, None))
    if as_json:
        show_json(views.transfer(one, logs=True))
        return
    say(f"=== Backup {one.name}\n")
    rows = {
        "Database": one.source if one.kind.is_backup else one.target,
        "Started at": views.moment(one.created_at),
        "Finished at": views.moment(one.finished_at) if one.finished_at else "",
        "Status": views.short_status(one),
        "Type": "Scheduled" if one.kind.letter == "a" else "Manual",
        "Original DB Size": views.size(one.source_bytes),
        "Backup Size": f"{views.size(one.size)}{views.compression(one) if one.finished_at else ''}",
    }
    for key, value in rows.items():
        say(f"{key + ':':<17} {value}".rstrip())
    say("\n=== Backup Logs\n")
    for row in one.logs:
        say(row)


@click.command()
@click.argument("backup", required=False)
@app_option
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Where to; without it latest.dump.")
def pg_backups_download(backup: str | None, name: str | None, output: str | None) -> None:
    """Copy a backup into a file, without a name the newest: latest.dump, or latest.dump.1 where there is one."""
    from localku.platform.backups import downloading, transfers

    context, app = context_and_app(name)
    one = transfers.good(context, app, backup)
    target = Path(output) if output else _free("latest.dump")
    downloading.download(context, app, one, target)
    note(f"Getting backup from {app.name}... done, #{one.number}")
    say(str(target))


def _free(name: str) -> Path:
    candidates = (Path(name if number == 0 else f"{name}.{number}") for number in range(10**6))
    return next(path for path in candidates if not path.exists())


@click.command()
@click.argument("backup", required=False)
@app_option
def pg_backups_cancel(backup: str | None, name: str | None) -> None:
    """Cancel a backup, restore or copy that is being made; without a name the newest."""
    from localku.platform.backups import transfers

    context, app = context_and_app(name)
    one = transfers.cancel(context, app, backup)
    note(f"Cancelling {one.name}... done")


@click.command()
@click.argument("backup")
@app_option
@confirm_option
def pg_backups_delete(backup: str, name: str | None, confirm: str | None) -> None:
    """Delete a backup and its file."""
    from localku.platform.backups import transfers

    context, app = context_and_app(name)
    one = transfers.find(context, app, backup)
    ask(app.name, confirm, f"This deletes the backup {one.name} of {app.name}.")
    transfers.delete(context, app, one)
    note(f"Deleting backup {one.name} on {app.name}... done")
