"""How long dynos may live, in seconds of platform time.

Heroku Dev Center: "Dyno Restart Behavior", "One-Off Dynos", "Release Phase", "Eco Dyno Hours".
"""

from __future__ import annotations

from dataclasses import dataclass

MINUTE, HOUR = 60.0, 3600.0
DAY = 24 * HOUR

RELEASE = HOUR
"""The longest a release phase may take."""

ATTACHED_IDLE = HOUR
"""An attached dyno without input and output for so long is closed."""

ECO_IDLE = 30 * MINUTE
"""Eco dynos sleep after so long without web traffic."""

_HEX_DIGITS = 8


@dataclass(frozen=True)
class Cycling:
    """A dyno is replaced, or ended, after `every` seconds and a random part of `spread`."""

    every: float = DAY
    spread: float = 216 * MINUTE
    """So that not all of an app's dynos are replaced at once."""

    def with_day_of(self, seconds: float) -> Cycling:
        """The same with a day of another length; the random part shrinks with it."""
        return Cycling(seconds, self.spread / self.every * seconds)

    def longest(self, container: str) -> float:
        """Seconds that the dyno in this container may live.

        Its random part comes from the container's name, so that whoever asks next, after `kill -9` too, hears the same.
        """
        return self.every + self.spread * share(container)


def longest(kind: str, container: str) -> float:
    """Seconds that a dyno which is not of the formation may live: `run`, `release`, `scheduler`."""
    return RELEASE if kind == "release" else Cycling().longest(container)


def share(container: str) -> float:
    """A number from 0 to 1 that is the container's own."""
    return int(container[:_HEX_DIGITS], 16) / float(1 << 4 * _HEX_DIGITS)
