"""`localku pg:backups:restore` and `:url`."""

from __future__ import annotations

import click

from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, confirm_option, context_and_app
from localku.cli.shell import completers
from localku.cli.terminal import hand_over, note, say


@click.command()
@click.argument("backup", required=False, metavar="[BACKUP|URL|FILE]")
@click.argument("database", required=False, shell_complete=completers.databases)
@app_option
@confirm_option
@click.option("-e", "--extensions", metavar="NAMES", help="Extensions to create before, as in hstore,audit.pgcrypto.")
@click.option("-v", "--verbose", is_flag=True, help="Show what pg_restore says.")
def pg_backups_restore(
    backup: str | None,
    database: str | None,
    name: str | None,
    confirm: str | None,
    extensions: str | None,
    *,
    verbose: bool,
) -> None:
    """Replace all that DATABASE holds by a backup, an archive at a URL or a file; without a name the newest backup."""
    from localku.cli.transfer_line import TransferLine
    from localku.platform.backups import archives, database_argument, restores

    context, app = context_and_app(name)
    found = database_argument.find(context, app, database)
    source = archives.find(context, app, backup)
    ask(app.name, confirm, f"This replaces all that {found.name} ({found.addon.name}) holds by {source.name}.")
    note(f"Starting restore of {source.name} to {found.addon.name}... done\n")
    note("Use Ctrl-C at any time to cancel the restore; from another terminal, localku pg:backups:cancel.\n")
    wanted = tuple(sorted(one.strip().lower() for one in (extensions or "").split(",") if one.strip()))
    line = TransferLine("Restoring", source.size)
    with line.shown():
        made = restores.restore(
            context, found.app, found.addon, found.name, source, extensions=wanted, moved=line.moved
        )
    if made.warnings:
        note(f" !     Finished with {made.warnings} warnings; localku pg:backups:info {made.name} has them.")
    for row in made.logs if verbose else ():
        say(row)


@click.command()
@click.argument("backup", required=False)
@app_option
def pg_backups_url(backup: str | None, name: str | None) -> None:
    """Print a URL that fetches a backup for an hour, for whoever has it; without a name of the newest backup."""
    from localku.platform.backups import public_links, transfers

    context, app = context_and_app(name)
    hand_over(public_links.publish(context, transfers.good(context, app, backup)))
