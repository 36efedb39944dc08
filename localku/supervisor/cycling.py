"""When a dyno has been up for so long that Heroku replaces it (reference/heroku-runtime.md §1.4)."""

from __future__ import annotations

from localku.clock import Clock, elapsed
from localku.store.records import DynoRecord
from localku.supervisor.supervisor_limits import Limits

HEX_DIGITS = 8


def due(dyno: DynoRecord, limits: Limits, clock: Clock) -> bool:
    """Whether the dyno has had its day.

    Its random part comes from its container's name, so that whoever asks next, after `kill -9` too, hears the same.
    """
    if dyno.state != "up" or dyno.container is None:
        return False
    return elapsed(clock, dyno.since) >= limits.cycle + limits.cycle_spread * share(dyno.container)


def share(container: str) -> float:
    """A number from 0 to 1 that is the container's own."""
    return int(container[:HEX_DIGITS], 16) / float(1 << 4 * HEX_DIGITS)
