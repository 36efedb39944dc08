"""When a dyno has been up for so long that Heroku replaces it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.clock import Clock, elapsed
from localku.states import DynoState

if TYPE_CHECKING:
    from localku.dyno.lifetime import Cycling
    from localku.store.records import DynoRecord


def due(dyno: DynoRecord, cycling: Cycling, clock: Clock) -> bool:
    """Whether the dyno has had its day."""
    if dyno.state is not DynoState.UP or dyno.container is None:
        return False
    return elapsed(clock, dyno.since) >= cycling.longest(dyno.container)
