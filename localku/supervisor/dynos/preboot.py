"""Preboot: fresh web dynos come up beside the old ones, which go on serving until then.

Heroku switches some three minutes after the release; here it is done as soon as all new dynos are up, and three
minutes at the latest. The old dynos keep their records, and with them the router, until that moment: a supervisor
that is killed before leaves containers that nobody knows, and the next one begins again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from localku.dyno import app_features
from localku.states import DynoState
from localku.supervisor.dynos.dyno import Dyno, fresh_record

if TYPE_CHECKING:
    from localku.records import DynoRecord, FormationEntry
    from localku.supervisor.desired_state import DesiredState
    from localku.supervisor.dynos.dyno_process import SupervisorContext
    from localku.supervisor.dynos.retiring import Retiring

FEATURE = "preboot"
SIZES = ("standard-", "performance-")
"""Only these sizes have it (Dev Center, "Preboot")."""


class Unkept:
    """A record sink that keeps nothing."""

    def save(self, _record: DynoRecord) -> None: ...


class Preboot:
    """The web dynos that are about to take over, by name."""

    def __init__(self, shared: SupervisorContext, retiring: Retiring) -> None:
        self._shared = shared
        self._aside = replace(shared, records=Unkept())
        self._retiring = retiring
        self._coming: dict[str, Dyno] = {}
        self._began = 0.0

    def suits(self, dyno: Dyno, entry: FormationEntry) -> bool:
        """Whether the app wants preboot, and the dyno can serve while the next one boots."""
        suited = dyno.record.type == "web" and dyno.record.state == DynoState.UP and entry.size.startswith(SIZES)
        return suited and app_features.enabled(self._shared.context, self._shared.app, FEATURE)

    def brings(self, name: str, desired: DesiredState) -> bool:
        """Whether the very dyno that is wanted is on its way."""
        coming = self._coming.get(name)
        return coming is not None and not desired.replaces(coming.record)

    def begin(self, name: str, desired: DesiredState) -> None:
        """Start the dyno's successor, in place of another one that may be on its way."""
        self.give_up(name)
        record = fresh_record(self._shared.app, name, self._shared.clock.now())
        self._coming[name] = Dyno(self._aside, record, told=DynoState.UP)
        self._began = self._shared.clock.monotonic()
        self._coming[name].start(desired.order(name), desired.generation(name))

    def step(self) -> None:
        for dyno in self._coming.values():
            dyno.step()

    def take(self) -> dict[str, Dyno]:
        """The successors, once they shall take over: all are up, one has crashed, or the time is over."""
        late = self._shared.clock.monotonic() - self._began > self._shared.limits.preboot
        if not late and any(dyno.boots for dyno in self._coming.values()):
            return {}
        taken, self._coming = self._coming, {}
        return taken

    def give_up(self, *names: str) -> None:
        for name in names:
            dyno = self._coming.pop(name, None)
            if dyno is not None:
                self._retiring.add(dyno.record, dyno.go())

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._coming)
