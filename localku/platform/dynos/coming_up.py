"""Waiting until the dynos of an app that was brought up have come up, or have crashed."""

from __future__ import annotations

import time
from collections.abc import Callable

from localku.context import Context
from localku.errors import CLIENT, LocalkuError
from localku.platform.dynos import formation, running
from localku.records import App
from localku.states import DynoState

START_SECONDS = 90.0
"""Real seconds for all dynos to come up, or to crash."""

LOOK = 0.02
"""Real seconds between two looks."""

ALONE_SECONDS = 2.0
"""Real seconds in which nobody runs the app after which somebody is to."""

SETTLED = frozenset({DynoState.UP, DynoState.CRASHED, DynoState.IDLE})
WELL = frozenset({DynoState.UP, DynoState.IDLE})


def wait(context: Context, app: App, take_over: Callable[[], None]) -> tuple[str, ...]:
    """Wait; return the names of the dynos that did not come up. Raise LocalkuError where the app did not stay up.

    `take_over` has somebody run the app again: it is called where whoever did was killed.
    """
    deadline, wanted = time.monotonic() + START_SECONDS, _how_many(context, app)
    settled, seen = False, time.monotonic()
    while not settled and time.monotonic() < deadline:
        if not context.store.apps.by_id(app.id).shall_run:
            raise LocalkuError(f"{app.name} did not stay up.", f"`{CLIENT} logs -a {app.name}` shows what it printed.")
        if running.is_running(context, app) is not None:
            seen = time.monotonic()
            settled = _settled(context, app, wanted)
        elif time.monotonic() - seen > ALONE_SECONDS:
            take_over()
            seen = time.monotonic()
        if not settled:
            time.sleep(LOOK)
    return tuple(dyno.name for dyno in context.store.dynos.of(app.id) if dyno.state not in WELL)


def _settled(context: Context, app: App, wanted: int) -> bool:
    """Whether all dynos have come up, or have crashed."""
    dynos = context.store.dynos.of(app.id)
    return all(dyno.state in SETTLED or dyno.crashes for dyno in dynos) and len(dynos) >= wanted


def _how_many(context: Context, app: App) -> int:
    return sum(entry.quantity for entry in formation.desired(context, app, formation.types(context, app)))
