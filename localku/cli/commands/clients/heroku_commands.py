"""`localku heroku`: Heroku's own CLI against localku."""

from __future__ import annotations

import os
import sys

import click

from localku.cli.terminal import note, say


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND]...")
def heroku(arguments: tuple[str, ...]) -> None:
    """Run Heroku's own CLI against localku: `localku heroku config:set A=1`.

    It is the CLI you have, unmodified, and for this one command it talks to localku. None of your files changes.
    Its own help: `localku heroku help`.
    """
    from localku.cli.heroku_cli import cli_environment, cli_repairs, real_cli, stand_ins
    from localku.cli.heroku_cli.api_access import opened
    from localku.opening import open_context
    from localku.records import USER

    context = open_context()
    if arguments[:1] and arguments[0] in cli_repairs.LOGINS:
        note(f"Logged in as {USER}: on this machine there is one account, and nothing to log in to.")
        return
    if arguments[:1] and arguments[0] in cli_repairs.LOGOUTS:
        note(f"You are {USER} on this machine, and stay logged in; your login at Heroku was not touched.")
        return
    program = real_cli.found(os.environ, context.home / "heroku" / "bin")
    if program is None:
        note(real_cli.HOW_TO_GET)
        sys.exit(real_cli.MISSING)
    access = opened(context, os.environ, held=True)
    cli_environment.prepare(access, os.environ)
    repaired = cli_repairs.repaired(arguments, has_input=not sys.stdin.isatty())
    for line in repaired.notes:
        note(f" !     {line}")
    sys.stdout.flush()
    changes: dict[str, str | None] = {**cli_environment.variables(access, os.environ)}
    if repaired.arguments[:1] == (cli_repairs.DOWNLOAD,):
        changes |= cli_environment.of_download()
    if repaired.arguments[:1] and stand_ins.needed_by(repaired.arguments[0]):
        changes["PATH"] = stand_ins.added(os.environ.get("PATH", os.defpath), stand_ins.folder(context.home))
    kept = {name: value for name, value in os.environ.items() if name not in changes}
    environment = kept | {name: value for name, value in changes.items() if value is not None}
    os.execve(str(program), [str(program), *repaired.arguments], environment)  # noqa: S606


@click.command()
@click.option("--shell", type=click.Choice(["bash", "zsh", "fish"]), help="For this shell; else as SHELL says.")
@click.option("--undo", is_flag=True, help="Make `heroku` and `git push` Heroku's again in this shell.")
def env(shell: str | None, *, undo: bool) -> None:
    """Make `heroku` and `git push heroku` mean localku in this shell: eval "$(localku env)".

    In fish: localku env --shell fish | source
    """
    from localku.cli.heroku_cli import shell_environment
    from localku.cli.heroku_cli.api_access import opened
    from localku.cli.shell import user_shell
    from localku.opening import open_context

    chosen = user_shell.Shell(shell) if shell else user_shell.of_environment(os.environ)
    if undo:
        change = shell_environment.left(os.environ)
    else:
        context = open_context()
        access, folders = opened(context, os.environ), shell_environment.Folders.of(context.home)
        change = shell_environment.entered(access, folders, os.environ)
        note(
            "`heroku` and `git push heroku` in this shell talk to localku, not to Heroku; localku env --undo ends that."
        )
    for line in change.lines(chosen):
        say(line)
    if sys.stdout.isatty():
        note('\nNothing has changed yet. To take it over: eval "$(localku env)"')
