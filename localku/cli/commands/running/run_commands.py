"""`localku run` and `localku run:detached`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from localku.cli.options import app_option, context_and_app
from localku.cli.terminal import note, say
from localku.states import DynoState

if TYPE_CHECKING:
    from localku.context import Context
    from localku.dyno.dyno_order import DynoOrder
    from localku.records import App

Command = TypeVar("Command", bound=Callable[..., object])

SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


def _given(_ctx: click.Context, _param: click.Parameter, command: tuple[str, ...]) -> tuple[str, ...]:
    if not command:
        raise click.UsageError("Usage: localku run COMMAND\n\nExample: localku run bash")
    return command


def _dyno_options(command: Command) -> Command:
    options = (
        app_option,
        click.option("-s", "--size", help="Dyno size; without it the smallest of the app's tier."),
        click.option("--type", "process_type", metavar="TYPE", help="Give it this process type's dyno size."),
        click.option(
            "-e",
            "--env",
            multiple=True,
            metavar="NAME=VALUE",
            help="Set variables for this dyno: A=1, or A=1;B=2.",
        ),
        click.argument("command", nargs=-1, type=click.UNPROCESSED, callback=_given),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(context_settings=SETTINGS)
@_dyno_options
@click.option("--no-tty", is_flag=True, help="Do not give the process a terminal.")
@click.option(
    "-x", "--exit-code", is_flag=True, help="Accepted for compatibility; the command's exit status is always returned."
)
@click.pass_context
def run(
    ctx: click.Context,
    name: str | None,
    size: str | None,
    process_type: str | None,
    env: tuple[str, ...],
    command: tuple[str, ...],
    *,
    no_tty: bool,
    exit_code: bool,  # noqa: ARG001 - for scripts that were written for Heroku's CLI
) -> None:
    """Run COMMAND in a one-off dyno of the newest release; its exit status is localku's.

    A process type's name runs that type's command: `localku run worker`.
    """
    from dataclasses import replace

    from localku.cli.terminal_io import join
    from localku.platform.dynos.attached_dyno import run_attached

    tty = sys.stdin.isatty() and sys.stdout.isatty() and not no_tty
    context, app = context_and_app(name)
    dyno = _ordered(context, app, command, size, process_type)
    environment = {**_terminal(tty=tty), **_pairs(env)}
    dyno = replace(dyno, tty=tty, stdin=True, extra_environment=environment)
    ended = run_attached(context, app, dyno, join, lambda: _show(app, command, dyno))
    if ended.runs_on:
        note(
            f" !     {dyno.name} keeps running without a client; `localku ps:stop {dyno.name} -a {app.name}` stops it."
        )
    if ended.farewell is not None:
        raise ended.farewell
    ctx.exit(ended.status)


@click.command(context_settings=SETTINGS)
@_dyno_options
@click.option("-t", "--tail", is_flag=True, help="Show the dyno's output until it ends.")
def run_detached(
    name: str | None,
    size: str | None,
    process_type: str | None,
    env: tuple[str, ...],
    command: tuple[str, ...],
    *,
    tail: bool,
) -> None:
    """Run COMMAND in a one-off dyno of the newest release that nobody waits for: its output is in the log."""
    from dataclasses import replace

    from localku.platform.dynos import oneoff

    context, app = context_and_app(name)
    dyno = replace(_ordered(context, app, command, size, process_type), extra_environment=_pairs(env))
    lines = context.log(app).follow(0, proc=dyno.name)
    oneoff.detach(context, app, dyno)
    note(f"Running {_line(command)} on {app.name}... done, {dyno.name}")
    if not tail:
        say(f"Run `localku logs --app {app.name} --dyno {dyno.name}` to view the output.")
        return
    for line in lines:
        if line.source == "heroku" and _completes(line.message):
            return
        if line.source == "app":
            say(line.message)


def _completes(message: str) -> bool:
    from localku.dyno import dyno_lines

    change = dyno_lines.parse_changed(message)
    return change is not None and change[1] == DynoState.COMPLETE


def _ordered(
    context: Context, app: App, command: tuple[str, ...], size: str | None, process_type: str | None
) -> DynoOrder:
    from localku.platform.dynos import formation, oneoff_order

    if size is None and process_type is not None:
        size = formation.size_of(context, app, process_type)
    return oneoff_order.order(context, app, "run", _line(command), size=size, say=note)


def _line(command: tuple[str, ...]) -> str:
    """Put the words together as Heroku's CLI does: those with a blank or a double quote are quoted, the rest is bash's.

    Its source: `buildCommand` in `packages/cli/src/lib/run/helpers.ts` of github.com/heroku/cli.
    """
    return command[0] if len(command) == 1 else " ".join(_quoted(word) for word in command)


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '\\"') + '"' if " " in word or '"' in word else word


def _show(app: App, command: tuple[str, ...], dyno: DynoOrder) -> None:
    if sys.stderr.isatty():
        note(f"Running {_line(command)} on {app.name}... up, {dyno.name}")


def _terminal(*, tty: bool) -> dict[str, str]:
    if not tty:
        return {}
    size = os.get_terminal_size()
    return {"TERM": os.environ.get("TERM", "xterm"), "COLUMNS": str(size.columns), "LINES": str(size.lines)}


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for item in (one for text in given for one in text.split(";") if one):
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{item} is not NAME=VALUE. A ; separates variables; it cannot be in a value.")
        pairs[key] = value
    return pairs
