"""Time as something that is passed in, so that tests can scale Heroku's limits."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
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

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() * self._scale

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._scale)
