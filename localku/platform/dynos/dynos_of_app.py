"""The dynos of an app: what runs, and fresh ones in place of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.dynos import oneoff_runners, running
from localku.records import EVERY_DYNO, App, DynoRecord, OneOff


@dataclass(frozen=True)
class Dynos:
    """`formation` in the order of types and numbers; `supervised` is False where a killed localku has left them."""

    formation: tuple[DynoRecord, ...]
    oneoffs: tuple[OneOff, ...]
    supervised: bool


def listed(context: Context, app: App, types: Collection[str] = ()) -> Dynos:
    """Return the dynos there are, or those of some process types. Raise LocalkuError for a type that has none."""
    oneoff_runners.adopt_lost(context, app)
    members = tuple(one for one in context.store.dynos.of(app.id) if not types or one.type in types)
    oneoffs = tuple(one for one in oneoff_runners.running(context, app) if not types or one.type in types)
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
        context.store.dynos.ask_restart(app, EVERY_DYNO)
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
    oneoff_runners.adopt_lost(context, app)
    if not oneoff_runners.stop(context, app, dyno):
        restart(context, app, dyno)
