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
    context, app = context_and_app(name)
    url = _url(_opened(context), app.name)
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
    context, app = context_and_app(name)
    access = _opened(context)
    clone = ["git", "clone", "-o", remote, _url(access, app.name), str(directory or Path(app.name))]
    done = subprocess.run(clone, cwd=here(), env=_environment(context, access), check=False)
    if done.returncode != 0:
        raise click.exceptions.Exit(done.returncode)


def _opened(context: Context) -> Access:
    """Start the server, which chooses the port."""
    from localku.cli.heroku_cli.api_access import opened

    return opened(context, os.environ)


def _url(access: Access, app: str) -> str:
    """Return where git finds the app's repository."""
    return f"{access.url.replace('http:', 'https:', 1)}/{app}.git"


def _environment(context: Context, access: Access) -> Mapping[str, str]:
    """What `localku env` sets, for one command."""
    from localku.cli.heroku_cli import shell_environment, shims, stand_ins

    folders = shell_environment.Folders(shims.folder(context.home), stand_ins.folder(context.home))
    change = shell_environment.entered(access, folders, os.environ)
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
