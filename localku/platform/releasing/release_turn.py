"""One release of an app at a time: whoever makes one has the turn until its phase is over; others wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.dyno import lifetime, shutdown
from localku.errors import CLIENT
from localku.platform.releasing import release_files
from localku.platform.releasing.release_errors import ReleaseBusy
from localku.records import App
from localku.telling import Say

LIMIT = lifetime.RELEASE + 2 * shutdown.SECONDS
"""Seconds that one release may take: its phase's own hour, its dyno's 30 s to shut down, and as many for the engine."""


@contextmanager
def turn(context: Context, app: App, say: Say, patience: float) -> Iterator[None]:
    """Have the turn, after whoever has it now: say whose release that is, and wait `patience` seconds for each."""
    waiting = _Waiting(context, app, say, patience)
    with locks.held_after(lock(context, app), waiting.look):
        yield


def lock(context: Context, app: App) -> Path:
    return release_files.folder(context, app) / "turn.lock"


class _Waiting:
    def __init__(self, context: Context, app: App, say: Say, patience: float) -> None:
        self._context = context
        self._app = app
        self._say = say
        self._patience = patience
        self._for = ""
        self._since = context.clock.monotonic()

    def look(self) -> None:
        """Raise ReleaseBusy where the release that is waited for takes too long."""
        now, pending = self._context.clock.monotonic(), self._context.store.releases.pending(self._app)
        found = f"release v{pending[-1].version}" if pending else self._for or "another release"
        if found != self._for:
            self._for, self._since = found, now
            if self._patience > 0:
                self._say(f"Waiting for {found} of {self._app.name}...")
        if now - self._since >= self._patience:
            raise ReleaseBusy(
                f"{found[0].upper()}{found[1:]} of {self._app.name} is still being made; this one was not.",
                f"Try again when it is over: `{CLIENT} releases -a {self._app.name}` lists it.",
            )
