"""`localku create`, which is `apps:create` too."""

from __future__ import annotations

import click

from localku.cli.options import here, json_option
from localku.cli.terminal import note, say, show_json


@click.command()
@click.argument("app", required=False)
@json_option
def create(app: str | None, *, as_json: bool) -> None:
    """Create an app for this folder before its first deploy, so that it can be configured."""
    from localku.context import open_context
    from localku.platform import apps

    made = apps.create_new(open_context(), here(), app)
    note(f"Creating {made.name}... done")
    if as_json:
        show_json({"id": made.uuid, "name": made.name, "created_at": made.created_at.isoformat()})
    else:
        say(f"{made.name} is the app in {made.root}. `localku up` deploys and runs it.")
