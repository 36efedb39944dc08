"""`localku auth:whoami`, `localku auth:token` and `localku regions`."""

from __future__ import annotations

import os

import click

from localku.cli.options import json_option
from localku.cli.tables import aligned
from localku.cli.terminal import note, say, show_json


@click.command()
def auth_whoami() -> None:
    """Show the account that releases and the log name: there is one on this machine, and no login."""
    from localku.platform import views

    say(str(views.user()["email"]))


@click.command()
def auth_token() -> None:
    """Print the token that lets other clients of Heroku's API in; beside it, where the API answers."""
    from localku.cli.heroku_cli import api_access
    from localku.opening import open_context

    access = api_access.opened(open_context(), os.environ)
    note(f"The API answers at {access.url} while a server runs: localku server --detach")
    say(access.token)


@click.command()
@json_option
def regions(*, as_json: bool) -> None:
    """List the regions, of which localku has one: this machine."""
    from localku.platform import views

    region = views.region()
    if as_json:
        show_json([region])
        return
    for line in aligned([("ID", "Location", "Runtime"), (region["name"], region["country"], "Common Runtime")]):
        say(line)
