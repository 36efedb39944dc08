"""Waiting until an app's dynos run its newest release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.dynos import formation, oneoff_runners, running
from localku.records import App, DynoRecord, OneOff
from localku.states import DynoState, ReleaseStatus

LOOK = 0.2
"""Seconds between two looks of `wait`."""


@dataclass(frozen=True)
class Progress:
    """How many dynos of all that are wanted run this release, or a newer one."""

    version: int
    ready: int
    wanted: int


def wait(
    context: Context,
    app: App,
    kind: str | None = None,
    *,
    with_run: bool = False,
    waiting: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Wait until all dynos, or those of one process type, are up and run the newest release.

    `waiting` is called once, where that is not so yet. Raise LocalkuError when nobody runs the app.
    """
    told = False
    while True:
        newest = next(
            one
            for one in context.store.releases.all(app)
            if one.status in {ReleaseStatus.PENDING, ReleaseStatus.SUCCEEDED}
        )
        dynos = _waited_for(context, app, kind, with_run=with_run)
        ready = sum(
            dyno is not None and dyno.state is DynoState.UP and dyno.release >= newest.version for dyno in dynos
        )
        progress = Progress(newest.version, ready, len(dynos))
        if ready == len(dynos) and newest.status is ReleaseStatus.SUCCEEDED:
            return progress
        if running.is_running(context, app) is None:
            raise LocalkuError(
                f"{app.name} is not running.", f"`{CLIENT} up` starts its dynos.", kind=Kind.CONFLICT, resource="app"
            )
        if not told:
            told = True
            waiting(progress)
        context.clock.sleep(LOOK)


def _waited_for(
    context: Context, app: App, kind: str | None, *, with_run: bool
) -> tuple[DynoRecord | OneOff | None, ...]:
    """One entry per dyno that is wanted: what is known of it, None where that is nothing yet."""
    known = {dyno.name: dyno for dyno in context.store.dynos.of(app.id)}
    entries = formation.desired(context, app, formation.types(context, app))
    names = [f"{entry.type}.{number}" for entry in entries for number in range(1, entry.quantity + 1)]
    others = oneoff_runners.running(context, app) if with_run and kind is None else ()
    members = (known.get(name) for name in names if kind in {None, name.partition(".")[0]})
    return (*members, *(dyno for dyno in others if dyno.type == "run"))
