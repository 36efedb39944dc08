"""Heroku's time limits for the dynos of a formation (Dev Center, "Dyno Lifecycle"), in seconds of platform time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from localku.dyno.lifetime import MINUTE, Cycling


@dataclass(frozen=True)
class Limits:
    boot: float = 60.0
    """R10: a web process must bind $PORT within 60 seconds of launch."""

    cycling: Cycling = field(default_factory=Cycling)
    """When a dyno that is up is replaced."""

    preboot: float = 3 * MINUTE
    """From memory: the old web dynos of an app with preboot are stopped by then, whatever the new ones do."""

    stable: float = 10 * MINUTE
    """A dyno that has been up for so long is restarted at once when it crashes."""

    first_retry: float = 10.0
    """Heroku's second retry comes after 10 minutes, then 20, 40 …; here the same steps in seconds."""

    longest_retry: float = 320.0

    def cycling_every(self, seconds: float) -> Limits:
        """The same limits with a day of another length; the random part shrinks with it."""
        return replace(self, cycling=self.cycling.with_day_of(seconds))

    def retry_after(self, crashes: int) -> float:
        """Return the seconds until the next attempt after so many crashes in a row: 0, 10, 20, 40 and so on."""
        if crashes <= 1:
            return 0.0
        return float(min(self.first_retry * 2 ** (crashes - 2), self.longest_retry))
