"""`localku ps:restart` and `localku ps:stop`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from localku.cli.options import app_option, context_and_app
from localku.cli.shell import completers
from localku.cli.terminal import note

Command = TypeVar("Command", bound=Callable[..., object])


def _which(command: Command) -> Command:
    options = (
        click.argument("which", required=False, metavar="[DYNO | TYPE]", shell_complete=completers.dynos_and_types),
        click.option(
            "-d", "--dyno-name", metavar="DYNO", help="A dyno, such as web.1.", shell_complete=completers.dynos
        ),
        click.option(
            "-p",
            "--process-type",
            metavar="TYPE",
            help="All dynos of a process type, such as web.",
            shell_complete=completers.process_types,
        ),
        app_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@_which
def ps_restart(which: str | None, dyno_name: str | None, process_type: str | None, name: str | None) -> None:
    """Replace one dyno, those of a type, or all by fresh ones; one-off dynos are left alone."""
    from localku.platform.dynos import dynos_of_app

    context, app = context_and_app(name)
    dyno = which or dyno_name or process_type
    dynos_of_app.restart(context, app, dyno)
    note(f"Restarting {_shown(dyno)} on {app.name}... done")


@click.command()
@_which
def ps_stop(which: str | None, dyno_name: str | None, process_type: str | None, name: str | None) -> None:
    """Stop a dyno or those of a type: one-off dynos for good, others are started afresh as on Heroku."""
    from localku.platform.dynos import dynos_of_app

    context, app = context_and_app(name)
    dyno = which or dyno_name or process_type
    if dyno is None:
        raise click.UsageError("Please specify a process type or dyno name to stop.")
    dynos_of_app.stop(context, app, dyno)
    note(f"Stopping {_shown(dyno)} on {app.name}... done")


def _shown(dyno: str | None) -> str:
    if dyno is None:
        return "all dynos"
    return f"dyno {dyno}" if "." in dyno else f"all {dyno} dynos"
