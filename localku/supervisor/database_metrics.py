"""Writes Heroku's metrics of an app's databases into its log every minute, while the app is up and awake."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.platform.addons import addon_servers
from localku.platform.databases import find_database
from localku.services.postgres import metrics, plans
from localku.services.postgres.metrics import EVERY, Metrics
from localku.states import DynoState

if TYPE_CHECKING:
    from localku.platform.databases.find_database import Database
    from localku.supervisor.desired_state import DesiredState
    from localku.supervisor.dynos.dyno import Dyno
    from localku.supervisor.dynos.dyno_process import SupervisorContext
    from localku.supervisor.dynos.retiring import Retiring


@dataclass(frozen=True)
class _Measured:
    at: float
    metrics: Metrics


class DatabaseMetrics:
    """Of databases with a standard plan or one above, as on Heroku; the others cost nothing."""

    def __init__(self, shared: SupervisorContext, _retiring: Retiring) -> None:
        self._shared = shared
        self._due = shared.clock.monotonic()
        self._is_wanted = True
        self._busy = threading.Lock()
        self._before: dict[int, _Measured] = {}

    def step(self, dynos: Mapping[str, Dyno], _desired: DesiredState) -> None:
        """Measure, aside, when a minute has passed."""
        found = self._measurable()
        asleep = bool(dynos) and all(dyno.record.state is DynoState.IDLE for dyno in dynos.values())
        self._is_wanted = bool(found) and not asleep
        if not self._is_wanted or self.due_in() > 0 or self._busy.locked():
            return
        self._due = self._shared.clock.monotonic() + EVERY
        threading.Thread(target=self._measure, args=(found,), name="database-metrics", daemon=True).start()

    def due_in(self) -> float:
        """Platform seconds until the next line; none is due while the app sleeps."""
        return self._due - self._shared.clock.monotonic() if self._is_wanted else math.inf

    def stop(self) -> bool:
        """Leave it at that."""
        return True

    def _measurable(self) -> tuple[Database, ...]:
        context, app = self._shared.context, self._shared.app
        return tuple(
            one
            for one in find_database.all_of(context, app)
            if one.addon.app_id == app.id and one.addon.port and not plans.named(one.addon.plan).is_essential
        )

    def _measure(self, found: tuple[Database, ...]) -> None:
        with self._busy:
            for database in found:
                try:
                    self._tell(database)
                except LocalkuError:
                    self._before.pop(database.addon.id, None)  # it is down: what comes next counts from then on

    def _tell(self, database: Database) -> None:
        """Write a line; the first look at a server is what the next one is compared with."""
        context, addon = self._shared.context, database.addon
        plan = plans.named(addon.plan)
        now = metrics.measure(context.engine, addon_servers.container(addon), addon, plan)
        before, at = self._before.get(addon.id), self._shared.clock.monotonic()
        self._before[addon.id] = _Measured(at, now)
        if before is not None and at > before.at:
            text = metrics.line(database.name, addon.name, plan, now, before.metrics, at - before.at)
            self._shared.log.write("app", metrics.PROC, text)
