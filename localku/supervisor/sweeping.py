"""Takes away what a killed localku has left beside a running app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from localku.platform import housekeeping
from localku.platform.releasing import release

if TYPE_CHECKING:
    from localku.supervisor.desired_state import DesiredState
    from localku.supervisor.dynos.dyno import Dyno
    from localku.supervisor.dynos.dyno_process import SupervisorContext
    from localku.supervisor.dynos.retiring import Retiring

EVERY = 30.0
"""Seconds between two looks. What stays without anybody for two of them is a leftover, and not just being made."""


class Sweeping:
    def __init__(self, shared: SupervisorContext, _retiring: Retiring) -> None:
        self._shared = shared
        self._due = shared.clock.monotonic() + EVERY
        self._seen: frozenset[str] = frozenset()

    def step(self, _dynos: Mapping[str, Dyno], _desired: DesiredState) -> None:
        """Look, when a look is due."""
        shared = self._shared
        if shared.clock.monotonic() < self._due:
            return
        self._due = shared.clock.monotonic() + EVERY
        release.settle(shared.context, shared.app)
        found = housekeeping.leftovers(shared.context, shared.app)
        for name in found.keys() & self._seen:
            housekeeping.take_away(shared.context, found[name])
        self._seen = frozenset(found)

    def due_in(self) -> float:
        """Platform seconds until the next look."""
        return self._due - self._shared.clock.monotonic()

    def stop(self) -> bool:
        """Leave the rest to whoever comes next."""
        return True
