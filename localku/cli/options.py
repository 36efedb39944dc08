"""Options several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from localku.cli.shell import completers
from localku.cli.shell.user_shell import here

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App

app_option = click.option(
    "-a",
    "--app",
    "name",
    metavar="NAME",
    envvar=["LOCALKU_APP", "HEROKU_APP"],
    shell_complete=completers.app_names,
    help="App to work on.  [env: LOCALKU_APP, HEROKU_APP]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
confirm_option = click.option("-c", "--confirm", metavar="NAME", help="Confirm by naming the app.")


def context_and_app(name: str | None) -> tuple[Context, App]:
    """Open the state, and find the named app or the one of this folder; raise LocalkuError when there is none."""
    from localku.opening import open_context
    from localku.platform import apps

    context = open_context()
    return context, apps.find(context, here(), name)


def context_and_new_app(name: str | None) -> tuple[Context, App]:
    """As `context_and_app`; where none is named, a folder that is no app yet becomes one."""
    from localku.opening import open_context
    from localku.platform import apps, new_apps

    context = open_context()
    if name is not None:
        return context, apps.find(context, here(), name)
    return context, new_apps.find_or_create(context, here(), name)
