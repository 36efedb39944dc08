"""Keeps the databases of a running app running: one that was stopped, killed or removed is started again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform.addons import provisioning, row_quota
from localku.platform.releasing.release_errors import ReleaseBusy

if TYPE_CHECKING:
    from localku.clock import Clock
    from localku.context import Context
    from localku.records import App
    from localku.services.postgres.plan_quota import Standing
    from localku.supervisor.database_logs import DatabaseLogs
    from localku.supervisor.output.journal import Journal

EVERY = 3.0
"""Seconds between two looks."""

EVERY_WHERE_TOLD = 20.0
"""Seconds between two looks where somebody tells of containers that have ended."""


class Databases:
    def __init__(
        self, context: Context, app: App, log: Journal, every: float = EVERY, logs: DatabaseLogs | None = None
    ) -> None:
        """Look every so many seconds, and each `EVERY` while something is amiss; `logs` are looked after too."""
        self._context = context
        self._clock: Clock = context.clock
        self._app = app
        self._log = log
        self._every = every
        self._logs = logs
        self._due = 0.0
        self._quota_seen = -math.inf
        self._told: dict[str, Standing] = {}
        self._doubtful = True
        self._complaint = ""
        self.released = True
        """Whether the newest release names the databases where they are."""

    def doubt(self) -> None:
        """Ask the servers themselves at the next look, not just the engine: it was away."""
        self._doubtful, self._due = True, 0.0

    def look_soon(self) -> None:
        """Look in the next round."""
        self._due = 0.0

    def due_in(self) -> float:
        """Platform seconds until the next look."""
        return self._due - self._clock.monotonic()

    def look(self, *, now: bool = False) -> None:
        """Start what does not run, when a look is due; one that cannot be started is told once."""
        if not now and self._clock.monotonic() < self._due:
            return
        self._due = math.inf  # whoever calls `look_soon` meanwhile has another look
        self.released = True
        try:
            provisioning.ensure_running(self._context, self._app, ready=self._doubtful, patience=0)
            if self._logs is not None:
                self._logs.look()
            self._hold_to_quota()
        except EngineUnavailable:
            self._due = 0.0
            raise
        except ReleaseBusy:  # a look after its release phase makes the release that a move takes
            self.released = False
        except LocalkuError as error:
            self._complain(error)
        else:
            self._doubtful, self._complaint = False, ""
        amiss = self._doubtful or self._complaint or not self.released
        self._due = min(self._due, self._clock.monotonic() + (EVERY if amiss else self._every))

    def _hold_to_quota(self) -> None:
        now = self._clock.monotonic()
        if now >= self._quota_seen + row_quota.every(self._context, self._app):
            self._quota_seen = now
            row_quota.enforce(self._context, self._app, self._told)

    def _complain(self, error: LocalkuError) -> None:
        if error.message != self._complaint:
            self._complaint = error.message
            self._log.write("localku", "postgres", error.text())
