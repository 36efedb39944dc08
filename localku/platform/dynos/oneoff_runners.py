"""Who looks after each one-off dyno, which is how it is known whether one runs.

One process of localku holds a dyno's lock while it looks after it: the client of an attached dyno, the command that
makes a release, the server for a detached one (`localku.server.apps.detached_keepers`), which outlives its client and
does not need its app to be up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from localku import locks
from localku.context import Context
from localku.engine import labels
from localku.records import App, OneOff

if TYPE_CHECKING:
    from localku.engine.containers import Container


def running(context: Context, app: App) -> tuple[OneOff, ...]:
    """Return the one-off dynos that run, those that have lost their runner but run on among them."""
    return tuple(dyno for dyno in context.store.oneoffs.of(app) if dyno.detached or has_runner(context, app, dyno.name))


def adopt_lost(context: Context, app: App) -> None:
    """Have the server look after each detached dyno that nobody looks after."""
    if any(dyno.detached and not has_runner(context, app, dyno.name) for dyno in context.store.oneoffs.of(app)):
        context.keep_detached(context)


def stop(context: Context, app: App, which: str) -> bool:
    """Want the end of a one-off dyno, or of all of a type; whether there are any. Their runners see to it."""
    chosen = [dyno.name for dyno in running(context, app) if which in {dyno.name, dyno.type}]
    for name in chosen:
        context.store.oneoffs.stop(app, name)
    return bool(chosen)


@contextmanager
def held(context: Context, app: App, name: str) -> Iterator[None]:
    """Hold the dyno's lock: one process at a time looks after it."""
    with locks.held(_lock(context, app, name), f"{name} already exists."):
        yield


def remove(context: Context, app: App, name: str, container: str) -> None:
    """Take away all there is of a dyno that is over."""
    context.engine.containers.remove(container)
    context.store.oneoffs.forget(app, name)
    _lock(context, app, name).unlink(missing_ok=True)


def is_orphan(context: Context, container: Container) -> bool:
    """Whether the localku that ran this one-off dyno is gone: it held the dyno's lock."""
    app = context.owner(container)
    return app is None or not has_runner(context, app, container.labels[labels.DYNO])


def adopt_or_remove(context: Context, container: Container) -> None:
    """Find a detached dyno that has lost its runner a new one; take away what a killed `localku run` left.

    On Heroku too an attached dyno ends with its client.
    """
    app = context.owner(container)
    if not is_orphan(context, container):
        return
    name = container.labels[labels.DYNO]
    found = context.store.oneoffs.named(app, name) if app else None
    if app is not None and found is not None and found.detached:
        context.keep_detached(context)
    else:
        context.engine.containers.remove(container.id)
        if app is not None:
            remove(context, app, name, container.id)


def has_runner(context: Context, app: App, dyno: str) -> bool:
    """Whether a process looks after the dyno now."""
    return locks.holder(_lock(context, app, dyno)) is not None


def _lock(context: Context, app: App, dyno: str) -> Path:
    return context.store.folder(app) / f"{dyno}.lock"
