"""The end of an app's detached dynos: their runners see to it, and where none can, whoever asks for it does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from localku.context import Context
from localku.dyno import shutdown, signals
from localku.dyno.shutdown import Shutdown
from localku.engine.engine_errors import NotFound
from localku.errors import LocalkuError
from localku.platform.dynos import oneoff_runners
from localku.records import App, OneOff

if TYPE_CHECKING:
    from localku.engine.containers import Container

ENGINE_SECONDS = 30.0
"""Real seconds for the engine, on top of the dynos' own 30."""

BEGIN_SECONDS = 5.0
"""Real seconds for the server to begin to look after a dyno."""

LOOK = 0.2
"""Seconds between two looks."""


def end_detached(context: Context, app: App) -> None:
    """Stop all detached dynos, and wait until they have ended: their database is about to stop too."""
    detached = _detached(context, app)
    try:
        for dyno in detached:
            context.store.oneoffs.stop(app, dyno.name)
    except LocalkuError:  # a full disk: runners cannot be told, and one that has just been launched cannot begin
        _end_here(context, app, detached)
        raise
    with suppress(LocalkuError):  # a server that cannot start: what nobody looks after is ended here
        oneoff_runners.adopt_lost(context, app)
    _end_here(context, app, _left_by_runners(context, app, detached))


def _detached(context: Context, app: App) -> tuple[OneOff, ...]:
    return tuple(dyno for dyno in context.store.oneoffs.of(app) if dyno.detached)


def _left_by_runners(context: Context, app: App, dynos: tuple[OneOff, ...]) -> tuple[OneOff, ...]:
    """Wait for whoever looks after these dynos; return those that nobody could begin with, or end."""
    names, begun_by = {dyno.name for dyno in dynos}, context.clock.monotonic() + BEGIN_SECONDS * context.clock.scale

    def left() -> tuple[OneOff, ...]:
        return tuple(dyno for dyno in _detached(context, app) if dyno.name in names)

    def is_worked_at() -> bool:
        still = left()
        is_early = bool(still) and context.clock.monotonic() < begun_by
        return is_early or any(oneoff_runners.has_runner(context, app, dyno.name) for dyno in still)

    _wait_while(context, is_worked_at)
    return left()


def _end_here(context: Context, app: App, dynos: tuple[OneOff, ...]) -> None:
    """End these dynos, whether they have a runner or not; one that has is taken away by it."""
    left = [_Left(context, app, dyno) for dyno in dynos]
    _wait_while(context, lambda: not all([one.is_over() for one in left]))  # noqa: C419 - each is looked at
    for dyno in dynos:
        if not context.engine.containers.exists(dyno.container):
            context.store.oneoffs.forget(app, dyno.name)


def _wait_while(context: Context, true: Callable[[], bool]) -> None:
    deadline = context.clock.monotonic() + shutdown.SECONDS + ENGINE_SECONDS * context.clock.scale
    while true() and context.clock.monotonic() < deadline:
        context.clock.sleep(LOOK)


class _Left:
    """A dyno that is ended without a word in its log."""

    def __init__(self, context: Context, app: App, dyno: OneOff) -> None:
        self._context = context
        self._app = app
        self._containers = context.engine.containers
        self.dyno = dyno
        self._shutdown = Shutdown(context.clock, lambda _: None, self._terminate, self._kill)

    def is_over(self) -> bool:
        """Do what is to be done now; whether nothing is left to do."""
        try:
            found = self._containers.inspect(self.dyno.container)
        except NotFound:
            return True
        if found.running:
            self._stop()
            return False
        return self._take_away(found)

    def _stop(self) -> None:
        if self._shutdown.told:
            self._shutdown.hurry()
        else:
            self._shutdown.tell()

    def _take_away(self, found: Container) -> bool:
        if oneoff_runners.has_runner(self._context, self._app, self.dyno.name):
            return False
        self._containers.remove(found.id)
        return True

    def _terminate(self) -> None:
        signals.to_all(self._containers, self.dyno.container, "TERM")

    def _kill(self) -> None:
        self._containers.kill(self.dyno.container)
