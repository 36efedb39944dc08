"""Takes away what a killed localku has left beside a running app."""

from __future__ import annotations

from localku.platform import housekeeping, release
from localku.supervisor.dyno_process import World

EVERY = 30.0
"""Seconds between two looks. What stays without anybody for two of them is a leftover, and not just being made."""


class Sweeping:
    def __init__(self, world: World) -> None:
        self._world = world
        self._due = world.clock.monotonic() + EVERY
        self._seen: frozenset[str] = frozenset()

    def step(self) -> None:
        """Look, when a look is due."""
        world = self._world
        if world.clock.monotonic() < self._due:
            return
        self._due = world.clock.monotonic() + EVERY
        release.settle(world.context, world.app)
        found = housekeeping.leftovers(world.context, world.app)
        for name in found.keys() & self._seen:
            housekeeping.take_away(world.context, found[name])
        self._seen = frozenset(found)
