"""The dynos of an app: what runs, fresh ones in place of them, and waiting for the newest release."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.dynos import formation, oneoff, running
from localku.states import DynoState, ReleaseStatus
from localku.store.dynos_table import EVERY
from localku.store.records import App, DynoRecord, OneOff

LOOK = 0.2
"""Seconds between two looks of `wait`."""


@dataclass(frozen=True)
class Dynos:
    """`formation` in the order of types and numbers; `supervised` is False where a killed localku has left them."""

    formation: tuple[DynoRecord, ...]
    oneoffs: tuple[OneOff, ...]
    supervised: bool


@dataclass(frozen=True)
class Progress:
    """How many dynos of all that are wanted run this release, or a newer one."""

    version: int
    ready: int
    wanted: int


def listed(context: Context, app: App, types: Collection[str] = ()) -> Dynos:
    """Return the dynos there are, or those of some process types. Raise LocalkuError for a type that has none."""
    oneoff.adopt_lost(context, app)
    members = tuple(one for one in context.store.dynos.of(app.id) if not types or one.type in types)
    oneoffs = tuple(one for one in oneoff.running(context, app) if not types or one.type in types)
    there = {one.type for one in members} | {one.type for one in oneoffs}
    missing = [kind for kind in types if kind not in there]
    if missing:
        raise LocalkuError(f"No {missing[0]} dynos on {app.name}", kind=Kind.NOT_FOUND, resource="dyno")
    ordered = tuple(sorted(members, key=_order))
    return Dynos(ordered, oneoffs, running.is_running(context, app) is not None)


def _order(dyno: DynoRecord) -> tuple[str, int]:
    return dyno.type, int(dyno.name.partition(".")[2])


def restart(context: Context, app: App, dyno: str | None = None) -> None:
    """Want fresh dynos in place of all, of one, or of a type's; crashed ones too, whose wait ends with it."""
    if dyno is None:
        context.store.dynos.ask_restart(app, EVERY)
        return
    known = [record.name for record in context.store.dynos.of(app.id)]
    chosen = [name for name in known if dyno in {name, name.partition(".")[0]}]
    if not chosen:
        raise LocalkuError(
            f"There is no dyno {dyno}.", f"Dynos: {', '.join(known) or 'none'}.", kind=Kind.NOT_FOUND, resource="dyno"
        )
    for name in chosen:
        context.store.dynos.ask_restart(app, name)


def stop(context: Context, app: App, dyno: str) -> None:
    """Stop a dyno or those of a type: one-off dynos for good, others are started afresh, as on Heroku."""
    oneoff.adopt_lost(context, app)
    if not oneoff.stop(context, app, dyno):
        restart(context, app, dyno)


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
    others = oneoff.running(context, app) if with_run and kind is None else ()
    members = (known.get(name) for name in names if kind in {None, name.partition(".")[0]})
    return (*members, *(dyno for dyno in others if dyno.type == "run"))
