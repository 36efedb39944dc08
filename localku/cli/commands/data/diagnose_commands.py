"""`localku pg:diagnose`."""

from __future__ import annotations

import click

from localku.cli.commands.data.database_option import context_and_running, database_argument
from localku.cli.options import app_option, json_option
from localku.cli.tables import aligned
from localku.cli.terminal import say, show_json


@click.command()
@database_argument
@app_option
@json_option
def pg_diagnose(database: str | None, name: str | None, *, as_json: bool) -> None:
    """Look for what may be wrong with a database; all of it is looked at here."""
    from localku.platform.databases import database_diagnosis

    context, found = context_and_running(name, database)
    report = database_diagnosis.diagnose(context, found)
    if as_json:
        show_json(database_diagnosis.view(report))
        return
    say(f"Report {report.id} for {found.app.name}::{found.attachment.config_var}")
    say(f"made on this machine on {report.at:%Y-%m-%d %H:%M:%S %z}\n")
    for one in report.checks:
        say(f"{one.light.value}: {one.name}")
        if one.rows:
            for line in aligned([one.columns, *one.rows], ruled=True):
                say(line)
            say("")
