"""Keeps the databases of a running app running: one that was stopped, killed or removed is started again."""

from __future__ import annotations

from localku.clock import Clock
from localku.engine.errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform import addons
from localku.platform.context import Context
from localku.store.records import App
from localku.supervisor.journal import Journal

EVERY = 3.0
"""Seconds between two looks."""


class Databases:
    def __init__(self, context: Context, app: App, log: Journal) -> None:
        self._context = context
        self._clock: Clock = context.clock
        self._app = app
        self._log = log
        self._due = 0.0
        self._doubtful = True
        self._complaint = ""

    def doubt(self) -> None:
        """Ask the servers themselves at the next look, not just the engine: it was away."""
        self._doubtful, self._due = True, 0.0

    def look(self, *, now: bool = False) -> None:
        """Start what does not run, when a look is due; one that cannot be started is told once."""
        if not now and self._clock.monotonic() < self._due:
            return
        try:
            addons.ensure_running(self._context, self._app, ready=self._doubtful)
        except EngineUnavailable:
            raise
        except LocalkuError as error:
            self._complain(error)
        else:
            self._doubtful, self._complaint = False, ""
        self._due = self._clock.monotonic() + EVERY

    def _complain(self, error: LocalkuError) -> None:
        if error.message != self._complaint:
            self._complaint = error.message
            self._log.write("localku", "postgres", f"{error.message}\n{error.hint}".strip())
