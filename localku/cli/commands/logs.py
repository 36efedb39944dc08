"""`localku logs`."""

from __future__ import annotations

import sys

import click

from localku.cli.options import app_option, here


@click.command()
@app_option
@click.option("-n", "--num", default=100, show_default=True, type=click.IntRange(0), help="Lines of history.")
@click.option("-t", "--tail", is_flag=True, help="Go on with new lines until Ctrl-C.")
@click.option("-s", "--source", metavar="SOURCE", help="`app` or `heroku`.")
@click.option("-d", "--dyno", "--ps", "proc", metavar="DYNO", help="A dyno (web.1), a process type (web) or router.")
def logs(name: str | None, num: int, source: str | None, proc: str | None, *, tail: bool) -> None:
    """Show the app's log; it outlives dynos, restarts and localku."""
    from localku.logs.printer import LogPrinter
    from localku.platform import apps
    from localku.platform.context import open_context

    context = open_context()
    app = apps.find(context, here(), name)
    log = context.log(app)
    printer = LogPrinter(sys.stdout)
    lines = log.follow(num, source=source, proc=proc) if tail else iter(log.history(num, source=source, proc=proc))
    for line in lines:
        printer.print(line)
