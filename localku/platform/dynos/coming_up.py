"""Waiting until the dynos of an app that was brought up have come up, or have crashed."""

from __future__ import annotations

import time

from localku.context import Context
from localku.errors import CLIENT, LocalkuError
from localku.platform.dynos import formation, running
from localku.records import App
from localku.states import DynoState

START_SECONDS = 90.0
"""Real seconds for all dynos to come up, or to crash."""

LOOK = 0.02
"""Real seconds between two looks."""

SETTLED = frozenset({DynoState.UP, DynoState.CRASHED, DynoState.IDLE})
WELL = frozenset({DynoState.UP, DynoState.IDLE})


def wait(context: Context, app: App) -> tuple[str, ...]:
    """Wait; return the names of the dynos that did not come up. Raise LocalkuError where the app did not stay up."""
    deadline, wanted = time.monotonic() + START_SECONDS, _how_many(context, app)
    settled = False
    while not settled and time.monotonic() < deadline:
        if not context.store.apps.by_id(app.id).shall_run:
            raise LocalkuError(f"{app.name} did not stay up.", f"`{CLIENT} logs -a {app.name}` shows what it printed.")
        settled = _settled(context, app, wanted)
        if not settled:
            time.sleep(LOOK)
    return tuple(dyno.name for dyno in context.store.dynos.of(app.id) if dyno.state not in WELL)


def _settled(context: Context, app: App, wanted: int) -> bool:
    """Whether somebody has the app in hand, and it is not what a killed one has left in the store."""
    if running.is_running(context, app) is None:
        return False
    dynos = context.store.dynos.of(app.id)
    return all(dyno.state in SETTLED or dyno.crashes for dyno in dynos) and len(dynos) >= wanted


def _how_many(context: Context, app: App) -> int:
    return sum(entry.quantity for entry in formation.desired(context, app, formation.types(context, app)))
