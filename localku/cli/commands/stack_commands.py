"""`localku stack` and `stack:set`."""

from __future__ import annotations

import click

from localku.cli.options import app_option, context_and_app, here
from localku.cli.terminal import note, say
from localku.errors import LocalkuError


@click.command()
@app_option
def stack(name: str | None) -> None:
    """Show which stacks there are and which one the app uses."""
    from localku.slugs import stack as stacks

    context, app = context_and_app(name)
    chosen = stacks.choose(context.engine, app.stack)
    say(f"=== {app.name} Available Stacks\n")
    for known in stacks.NAMES:
        say(f"{'*' if known == chosen.name else ' '} {known}")
    say(f"\n{chosen.reason}")


@click.command()
@click.argument("wanted", metavar="STACK")
@app_option
def stack_set(wanted: str, name: str | None) -> None:
    """Set the app's stack; `auto` lets localku choose again."""
    from localku.context import open_context
    from localku.platform import apps
    from localku.slugs import stack as stacks

    context = open_context()
    app = apps.find_or_create(context, here(), name)
    if wanted != "auto" and wanted not in stacks.NAMES:
        raise LocalkuError(f"There is no stack {wanted}.", f"Stacks: {', '.join(stacks.NAMES)}, or auto.")
    context.store.apps.set_stack(app, None if wanted == "auto" else wanted)
    note(f"Setting stack to {wanted}... done. The next build uses it.")
