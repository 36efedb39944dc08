"""Eco dynos sleep when nobody asks for them.

An eco web dyno without web traffic for 30 minutes sleeps, and the app's other eco dynos with it; the next request
wakes them all. An app of eco workers alone never sleeps (Heroku's blog: "App sleeping").
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from localku.clock import elapsed
from localku.dyno import lifetime
from localku.states import DynoState

if TYPE_CHECKING:
    from localku.records import DynoRecord
    from localku.supervisor.dynos.dyno import Dyno
    from localku.supervisor.dynos.dyno_process import SupervisorContext

ECO = "eco"


class Idling:
    def __init__(self, shared: SupervisorContext) -> None:
        self._shared = shared

    def tired(self, dynos: Mapping[str, Dyno]) -> tuple[Dyno, ...]:
        """The dynos that shall go to sleep now."""
        return tuple(dyno for dyno in dynos.values() if dyno.record.size == ECO) if self.due_in(dynos) <= 0 else ()

    def due_in(self, dynos: Mapping[str, Dyno]) -> float:
        """Platform seconds until they shall go to sleep, if no request comes."""
        web = [dyno.record for dyno in dynos.values() if dyno.record.type == "web"]
        if not web or any(record.size != ECO or record.state != DynoState.UP for record in web):
            return math.inf
        return lifetime.ECO_IDLE - elapsed(self._shared.clock, self._last_needed(web))

    def awaited(self, dyno: Dyno) -> bool:
        """Whether the dyno sleeps and a request has come for its app."""
        if dyno.record.state != DynoState.IDLE or dyno.stopping:
            return False
        last = self._last_request()
        return last is not None and last > dyno.record.since

    def _last_needed(self, web: list[DynoRecord]) -> datetime:
        last, youngest = self._last_request(), max(record.since for record in web)
        return youngest if last is None else max(last, youngest)

    def _last_request(self) -> datetime | None:
        return self._shared.context.store.traffic.last(self._shared.app.uuid)
