"""`localku logs`."""

from __future__ import annotations

import os
import sys

import click

from localku.cli.options import app_option, context_and_app
from localku.cli.shell import completers
from localku.cli.terminal import show_json


@click.command()
@app_option
@click.option("-n", "--num", default=100, show_default=True, type=click.IntRange(0), help="Number of lines of history.")
@click.option("-t", "--tail", is_flag=True, help="Follow new lines until Ctrl-C.")
@click.option("-s", "--source", metavar="SOURCE", help="`app` or `heroku`.")
@click.option(
    "-d",
    "--dyno-name",
    "--dyno",
    "dyno",
    metavar="DYNO",
    help="A dyno, such as worker.2.",
    shell_complete=completers.dynos,
)
@click.option("-p", "--process-type", "--ps", "ps", metavar="TYPE", help="A process type (web) or router.")
@click.option("--no-color", is_flag=True, help="Turn colours off, even on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print each line as a JSON object.")
def logs(
    name: str | None,
    num: int,
    source: str | None,
    dyno: str | None,
    ps: str | None,
    *,
    tail: bool,
    no_color: bool,
    as_json: bool,
) -> None:
    """Show the app's log; it outlives dynos, restarts and localku."""
    from localku.logs.printer import LogPrinter
    from localku.platform import views

    if dyno and ps:
        raise click.UsageError("--dyno-name and --process-type are mutually exclusive.")
    context, app = context_and_app(name)
    log, proc = context.log(app), dyno or ps
    printer = LogPrinter(sys.stdout, environ={**os.environ, "NO_COLOR": "1"} if no_color else None)
    lines = log.follow(num, source=source, proc=proc) if tail else iter(log.history(num, source=source, proc=proc))
    for line in lines:
        if as_json:
            show_json(views.log_line(line), indent=None)
        else:
            printer.print(line)
