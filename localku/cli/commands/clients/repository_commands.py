"""`localku git:remote` and `localku git:clone`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click

from localku.cli.options import app_option, context_and_app
from localku.cli.shell.user_shell import here
from localku.cli.terminal import note, say
from localku.errors import Kind, LocalkuError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localku.cli.heroku_cli.api_access import Access
    from localku.context import Context

remote_option = click.option("-r", "--remote", default="heroku", show_default=True, help="The git remote's name.")


@click.command()
@app_option
@remote_option
def git_remote(name: str | None, remote: str) -> None:
    """Make a git remote of this folder's repository the app's, to push to."""
    from localku.cli.heroku_cli.api_access import reached
    from localku.control import api_port

    context, app = context_and_app(name)
    url = api_port.repository(reached(context), app.name)
    known = _git("remote", cwd=here()).split()
    _git(*(("remote", "set-url") if remote in known else ("remote", "add")), remote, url, cwd=here())
    say(f"set git remote {remote} to {url}")
    if "LOCALKU_ENV" not in os.environ:
        note('To push to it: eval "$(localku env)", then `git push heroku HEAD`.')


@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@app_option
@remote_option
def git_clone(directory: Path | None, name: str | None, remote: str) -> None:
    """Clone the app's repository, with what was pushed to it, into DIRECTORY: by default one of the app's name."""
    from localku.cli.heroku_cli.api_access import opened
    from localku.control import api_port

    context, app = context_and_app(name)
    access = opened(context, os.environ)
    url = api_port.repository(access.url, app.name)
    clone = ["git", "clone", "-o", remote, url, str(directory or Path(app.name))]
    done = subprocess.run(clone, cwd=here(), env=_environment(context, access), check=False)
    if done.returncode != 0:
        raise click.exceptions.Exit(done.returncode)


def _environment(context: Context, access: Access) -> Mapping[str, str]:
    """What `localku env` sets, for one command."""
    from localku.cli.heroku_cli import shell_environment

    change = shell_environment.entered(access, shell_environment.Folders.of(context.home), os.environ)
    return {**os.environ, **{name: value for name, value in change.variables.items() if value is not None}}


def _git(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LocalkuError(
            f"git says: {done.stderr.strip()}",
            "git:remote works in a folder with a git repository: `git init` makes one.",
            kind=Kind.INVALID,
        )
    return done.stdout
