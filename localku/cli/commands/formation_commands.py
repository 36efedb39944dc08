"""`localku ps:scale` and `localku ps:type`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.terminal import note, say, show_json


@click.command()
@click.argument("changes", nargs=-1, metavar="TYPE=N...")
@app_option
def ps_scale(changes: tuple[str, ...], name: str | None) -> None:
    """Change the formation: web=2, worker+1, web=1:standard-2x; without arguments show it."""
    from localku.dyno import dyno_sizes
    from localku.platform import formation

    context, app = context_and_app(name)
    types = _types(context, app)
    if not changes:
        entries = formation.wanted(context, app, types)
        if not entries:
            raise formation.no_types(app)
        say(" ".join(f"{entry.type}={entry.quantity}:{dyno_sizes.shown(entry.size)}" for entry in entries))
        return
    changed = formation.scale(context, app, changes, types)
    now = ", ".join(f"{entry.type} at {entry.quantity}:{dyno_sizes.shown(entry.size)}" for entry in changed)
    note(f"Scaling dynos... done, now running {now}")


@click.command()
@click.argument("changes", nargs=-1, metavar="[SIZE | TYPE=SIZE...]")
@app_option
@json_option
def ps_type(changes: tuple[str, ...], name: str | None, *, as_json: bool) -> None:
    """Change the size of all dynos, or of those of a process type; then show all sizes."""
    from localku.dyno import dyno_sizes
    from localku.platform import formation

    context, app = context_and_app(name)
    types = _types(context, app)
    if changes:
        formation.resize(context, app, changes, types)
        note(f"Scaling dynos on {app.name}... done")
    entries = formation.sized(context, app, types)
    if not entries:
        raise formation.no_types(app)
    if as_json:
        show_json([{"type": entry.type, "size": entry.size, "quantity": entry.quantity} for entry in entries])
        return
    say("=== Process Types\n")
    rows = [(entry.type, dyno_sizes.shown(entry.size), str(entry.quantity)) for entry in sorted(entries, key=_by_type)]
    _table(("Type", "Size", "Qty"), rows)
    say("\n=== Dyno Totals\n")
    totals = {entry.size: 0 for entry in entries}
    for entry in entries:
        totals[entry.size] += entry.quantity
    _table(("Type", "Total"), [(dyno_sizes.shown(size), str(total)) for size, total in totals.items()])


def _types(context: Any, app: Any) -> dict[str, str]:
    slug = context.store.releases.current_slug(app)
    return dict(slug.process_types) if slug else {}


def _by_type(entry: Any) -> str:
    return str(entry.type)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, tuple("-" * width for width in widths), *rows):
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
