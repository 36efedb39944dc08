"""`localku ps:scale` and `localku ps:type`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.tables import aligned
from localku.cli.terminal import note, say, show_json

if TYPE_CHECKING:
    from localku.platform.dynos.formation import Entries


@click.command()
@click.argument("changes", nargs=-1, metavar="TYPE=N...")
@app_option
def ps_scale(changes: tuple[str, ...], name: str | None) -> None:
    """Change the formation: web=2, worker+1, web=1:standard-2x; without arguments show it."""
    from localku.cli.formation_args import scaled
    from localku.dyno import dyno_sizes
    from localku.dyno.dyno_order import PHASE
    from localku.platform.dynos import formation

    context, app = context_and_app(name)
    if not changes:
        entries = formation.of(context, app)
        if not entries:
            raise formation.no_types(app, app.root)
        shown = (entry for entry in entries if entry.type != PHASE)
        say(" ".join(f"{entry.type}={entry.quantity}:{dyno_sizes.shown(entry.size)}" for entry in shown))
        return
    changed = formation.update(context, app, scaled(changes), app.root)
    now = ", ".join(f"{entry.type} at {entry.quantity}:{dyno_sizes.shown(entry.size)}" for entry in changed)
    note(f"Scaling dynos... done, now running {now}")


@click.command()
@click.argument("changes", nargs=-1, metavar="[SIZE | TYPE=SIZE...]")
@app_option
@json_option
def ps_type(changes: tuple[str, ...], name: str | None, *, as_json: bool) -> None:
    """Change the size of all dynos, or of those of a process type; then show all sizes."""
    from localku.cli.formation_args import resized
    from localku.platform import views
    from localku.platform.dynos import formation

    context, app = context_and_app(name)
    if changes:
        formation.update(context, app, resized(changes), app.root)
        note(f"Scaling dynos on {app.name}... done")
    entries = formation.of(context, app)
    if not entries:
        raise formation.no_types(app, app.root)
    if as_json:
        types = formation.types(context, app)
        show_json([views.formation(app, entry, types) for entry in entries])
        return
    _show(entries)


def _show(entries: Entries) -> None:
    from localku.dyno import dyno_sizes

    say("=== Process Types\n")
    ordered = sorted(entries, key=lambda entry: entry.type)
    rows = [(entry.type, dyno_sizes.shown(entry.size), str(entry.quantity)) for entry in ordered]
    _table(("Type", "Size", "Qty"), rows)
    say("\n=== Dyno Totals\n")
    totals = {entry.size: 0 for entry in entries}
    for entry in entries:
        totals[entry.size] += entry.quantity
    _table(("Type", "Total"), [(dyno_sizes.shown(size), str(total)) for size, total in totals.items()])


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    for line in aligned([head, *rows], ruled=True):
        say(line)
