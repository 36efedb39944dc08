"""`localku maintenance` and its two switches."""

from __future__ import annotations

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.terminal import note, say, show_json


@click.command()
@app_option
@json_option
def maintenance(name: str | None, *, as_json: bool) -> None:
    """Show whether the app is in maintenance mode: `on` or `off`."""
    _, app = context_and_app(name)
    if as_json:
        show_json({"maintenance": app.maintenance})
        return
    say("on" if app.maintenance else "off")


@click.command()
@app_option
def maintenance_on(name: str | None) -> None:
    """Answer every request with 503 H80; dynos keep running."""
    _switch(name, on=True)


@click.command()
@app_option
def maintenance_off(name: str | None) -> None:
    """Let requests through to the dynos again."""
    _switch(name, on=False)


def _switch(name: str | None, *, on: bool) -> None:
    from localku.platform import maintenance as verbs

    context, app = context_and_app(name)
    verbs.switch(context, app, on=on)
    note(f"{'Enabling' if on else 'Disabling'} maintenance mode for {app.name}... done")
