"""When a dyno has been up for so long that Heroku replaces it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from localku.clock import Clock, elapsed
from localku.states import DynoState

if TYPE_CHECKING:
    from localku.dyno.lifetime import Cycling
    from localku.records import DynoRecord


def due(dyno: DynoRecord, cycling: Cycling, clock: Clock) -> bool:
    """Whether the dyno has had its day."""
    return due_in(dyno, cycling, clock) <= 0


def due_in(dyno: DynoRecord, cycling: Cycling, clock: Clock) -> float:
    """Platform seconds that are left of the dyno's day."""
    if dyno.state is not DynoState.UP or dyno.container is None:
        return math.inf
    return cycling.longest(dyno.container) - elapsed(clock, dyno.since)
