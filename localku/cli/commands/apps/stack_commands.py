"""`localku stack` and `stack:set`."""

from __future__ import annotations

import click

from localku.cli.options import app_option, context_and_app, context_and_new_app
from localku.cli.terminal import note, say


@click.command()
@app_option
def stack(name: str | None) -> None:
    """Show which stacks there are and which one the app uses."""
    from localku.platform import stacks

    context, app = context_and_app(name)
    found = stacks.of(context, app)
    say(f"=== {app.name} Available Stacks\n")
    for known in found.names:
        say(f"{'*' if known == found.chosen else ' '} {known}")
    say(f"\n{found.reason}")


@click.command()
@click.argument("wanted", metavar="STACK")
@app_option
def stack_set(wanted: str, name: str | None) -> None:
    """Set the app's stack; `auto` lets localku choose again."""
    from localku.platform import stacks

    context, app = context_and_new_app(name)
    stacks.set_on(context, app, wanted)
    note(f"Setting stack to {wanted}... done. The next build uses it.")
