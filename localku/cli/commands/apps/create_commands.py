"""`localku create`, which is `apps:create` too."""

from __future__ import annotations

import click

from localku.cli.options import json_option
from localku.cli.shell.user_shell import here
from localku.cli.terminal import note, say, show_json


@click.command()
@click.argument("app", required=False)
@json_option
def create(app: str | None, *, as_json: bool) -> None:
    """Create an app for this folder before its first deploy, so that it can be configured."""
    from localku.opening import open_context
    from localku.platform import new_apps, views
    from localku.platform.app_facts import app_status

    context = open_context()
    made = new_apps.create_new(context, here(), app)
    note(f"Creating {made.name}... done")
    if as_json:
        show_json(views.app(app_status.of(context, made)))
    else:
        say(f"{made.name} is the app in {made.root}. `localku up` deploys and runs it.")
