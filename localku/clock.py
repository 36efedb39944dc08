"""Time as something that is passed in, so that tests can scale Heroku's limits."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from localku.errors import Invalid


class Clock(Protocol):
    @property
    def scale(self) -> float:
        """Seconds of platform time in one of the wall's."""

    def now(self) -> datetime:
        """Return wall time, always in UTC."""

    def monotonic(self) -> float:
        """Seconds of platform time; a scaled clock runs faster than the wall."""

    def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds of platform time."""


class SystemClock:
    """The machine's clock, or one that runs `scale` times as fast.

    With `scale=60` Heroku's boot timeout of 60 s passes in one real second.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale

    @property
    def scale(self) -> float:
        return self._scale

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() * self._scale

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._scale)


CALENDAR_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""From here a scaled clock's calendar runs ahead of the wall's; the same for all processes, whenever they started."""


def calendar(clock: Clock) -> datetime:
    """Platform time as a date: the wall's where the clock runs as fast as the wall."""
    if clock.scale == 1:
        return clock.now()
    return CALENDAR_EPOCH + (clock.now() - CALENDAR_EPOCH) * clock.scale


def elapsed(clock: Clock, since: datetime) -> float:
    """Seconds of platform time since a moment of wall time, which outlives the process that wrote it down."""
    return (clock.now() - since).total_seconds() * clock.scale


def after(clock: Clock, seconds: float) -> datetime:
    """The moment of wall time when so many seconds of platform time will have passed."""
    return clock.now() + timedelta(seconds=seconds / clock.scale)


def system_clock(environ: Mapping[str, str]) -> SystemClock:
    """The clock of this process; `LOCALKU_CLOCK_SCALE=60` makes Heroku's minutes seconds."""
    text = environ.get("LOCALKU_CLOCK_SCALE", "1")
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale < math.inf:
        raise Invalid(f"LOCALKU_CLOCK_SCALE is '{text}'.", "Give it a number above 0, such as 60, or unset it.")
    return SystemClock(scale)
