"""A dyno's memory against its quota: what is counted, and what is said (Dev Center, "Error Codes")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.dyno.dyno_lines import R14, R15, STOPPING_HARD

if TYPE_CHECKING:
    from localku.dyno.dyno_sizes import Size
    from localku.engine.usage import MemoryUse

MEGABYTE = 1024 * 1024

KILL_FACTOR = 2
"""A dyno may use twice its quota before it is killed (Dev Center, "Error Codes", R15)."""

_RUNNING = re.compile(r"Process running mem=(\d{1,9})M\((\d{1,9}(?:\.\d{1,9})?)%\)", re.ASCII)

EVERY = 20.0
"""Seconds between two samples (Dev Center, "Log Runtime Metrics")."""


@dataclass(frozen=True)
class Sample:
    """A dyno's memory at one moment, of a quota in MB.

    The kernel gives back cached files at the quota before it swaps, so they count
    only as far as the quota leaves room for them.
    """

    use: MemoryUse
    quota: int

    @property
    def cache(self) -> int:
        room = self.quota * MEGABYTE - self.use.rss - self.use.swap - self.use.shared
        return self.use.shared + max(0, min(self.use.cache - self.use.shared, room))

    @property
    def total(self) -> int:
        return self.use.rss + self.use.swap + self.cache

    @property
    def exceeded(self) -> bool:
        return self.total > self.quota * MEGABYTE

    @property
    def vastly(self) -> bool:
        return self.use.rss + self.use.swap >= KILL_FACTOR * self.quota * MEGABYTE


def out_of_memory(size: Size) -> tuple[str, ...]:
    """What to say of a dyno that the kernel stopped: it had all that it may have."""
    return (_running(size.memory * KILL_FACTOR * MEGABYTE, size.memory), R15, STOPPING_HARD)


def lines(sample: Sample) -> tuple[str, ...]:
    """What Heroku logs of a sample: nothing within the quota."""
    if sample.vastly:
        return (_running(sample.use.rss + sample.use.swap, sample.quota), R15, STOPPING_HARD)
    return (_running(sample.total, sample.quota), R14) if sample.exceeded else ()


def _running(used: int, quota: int) -> str:
    megabytes = used / MEGABYTE
    return f"Process running mem={megabytes:.0f}M({megabytes / quota * 100:.1f}%)"


def parse_running(message: str) -> tuple[int, float] | None:
    """Read back the MB and the per cent of the quota that the first of `lines` told."""
    found = _RUNNING.match(message)
    return (int(found[1]), float(found[2])) if found else None
