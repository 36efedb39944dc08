"""The formation: how many dynos of which size each process type has."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localku.errors import LocalkuError
from localku.platform import sizes
from localku.platform.context import Context
from localku.platform.release import PHASE
from localku.store.records import App, FormationEntry

CHANGE = re.compile(r"^([\w-]+)([=+-]\d+)(?::([\w-]+))?\Z", re.ASCII)
"""Heroku's grammar of `ps:scale` arguments (reference/heroku-runtime.md §1.4)."""

MAXIMUM = 100
"""Dynos of one process type (reference §1.1)."""


def wanted(context: Context, app: App, types: Mapping[str, str]) -> tuple[FormationEntry, ...]:
    """One entry per process type: what was set, else web=1 and all others 0; `release` is never scaled."""
    known = {entry.type: entry for entry in context.store.apps.formation(app)}
    return tuple(
        known.get(name, FormationEntry(name, 1 if name == "web" else 0, sizes.DEFAULT))
        for name in types
        if name != PHASE
    )


def scale(context: Context, app: App, changes: tuple[str, ...], types: Mapping[str, str]) -> tuple[FormationEntry, ...]:
    """Apply `web=2`, `worker+1` or `web=1:standard-2x`; return the changed entries."""
    current = {entry.type: entry for entry in wanted(context, app, types)}
    changed = tuple(_changed(current, change) for change in changes)
    context.store.apps.scale(app, changed)
    for entry in changed:
        shown = f"{entry.type}@{entry.quantity}:{entry.size.title()}"
        context.log(app).write("app", "api", f"Scaled to {shown} by user localku")
    return changed


def from_app_json(context: Context, app: App, entries: Mapping[str, tuple[int, str | None]]) -> None:
    context.store.apps.scale(
        app,
        tuple(
            FormationEntry(name, quantity, size.lower() if size and size.lower() in sizes.SIZES else sizes.DEFAULT)
            for name, (quantity, size) in entries.items()
        ),
    )


def _changed(current: Mapping[str, FormationEntry], change: str) -> FormationEntry:
    match = CHANGE.match(change)
    if match is None:
        raise LocalkuError(f"'{change}' is not a formation.", "Write it as web=2, worker+1 or web=1:standard-2x.")
    name, amount, size = match.groups()
    entry = current.get(name)
    if entry is None:
        known = ", ".join(current) or "none: the app has no Procfile"
        raise LocalkuError(f"Couldn't find that process type ({name}).", f"Process types: {known}.")
    number = int(amount[1:])
    quantity = {"=": number, "+": entry.quantity + number, "-": max(0, entry.quantity - number)}[amount[0]]
    if quantity > MAXIMUM:
        raise LocalkuError(f"Heroku runs at most {MAXIMUM} dynos of one type; {change} asks for {quantity}.")
    return FormationEntry(name, quantity, sizes.named(size).name if size else entry.size)
