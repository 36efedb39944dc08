"""`localku run`."""

from __future__ import annotations

import os
import shlex
import sys

import click

from localku.cli.options import app_option, here
from localku.cli.terminal import note
from localku.errors import LocalkuError


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@app_option
@click.option("-s", "--size", default="basic", show_default=True, help="Dyno size.")
@click.option("-e", "--env", multiple=True, metavar="NAME=VALUE", help="Set a variable for this dyno alone.")
@click.option("--no-tty", is_flag=True, help="Do not give the process a terminal.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def run(
    ctx: click.Context, name: str | None, size: str, env: tuple[str, ...], command: tuple[str, ...], *, no_tty: bool
) -> None:
    """Run COMMAND in a one-off dyno of the newest release; its exit status is localku's.

    A process type's name runs that type's command: `localku run worker`.
    """
    from dataclasses import replace

    from localku.cli.attach import join_pipes, join_terminal
    from localku.platform import apps, oneoff
    from localku.platform.context import open_context

    if not command:
        raise click.UsageError("Usage: localku run COMMAND")
    context = open_context()
    app = apps.find(context, here(), name)
    release = context.store.releases.current(app)
    if release is None or release.slug_id is None:
        raise LocalkuError(f"{app.name} has not been built yet.", "Run `localku build` first.")
    slug = context.store.releases.slug(release.slug_id)
    tty = sys.stdin.isatty() and sys.stdout.isatty() and not no_tty
    line = command[0] if len(command) == 1 else shlex.join(command)
    dyno = replace(
        oneoff.order("run", line, release, slug, size=size),
        tty=tty,
        stdin=True,
        extra_environment={**_terminal(tty=tty), **_pairs(env)},
    )
    with oneoff.attached(context, app, dyno) as container:
        stream = context.engine.containers.attach_socket(container)
        if sys.stderr.isatty():
            note(f"Running {line} on {app.name}... up, {dyno.name}")
        oneoff.announce(context.log(app), dyno)
        context.engine.containers.start(container)
        context.log(app).write("heroku", dyno.name, "State changed from starting to up")
        if tty:
            join_terminal(stream, lambda rows, columns: context.engine.containers.resize(container, rows, columns))
        else:
            join_pipes(stream)
        status = context.engine.containers.wait(container)
        oneoff.finish(context.log(app), dyno, status)
    ctx.exit(status)


def _terminal(*, tty: bool) -> dict[str, str]:
    if not tty:
        return {}
    size = os.get_terminal_size()
    return {"TERM": os.environ.get("TERM", "xterm"), "COLUMNS": str(size.columns), "LINES": str(size.lines)}


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for item in given:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{item} is not NAME=VALUE.")
        pairs[key] = value
    return pairs
