"""A dyno's memory against its quota: what is counted (Dev Center, "Heroku Error Codes")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.engine.usage import MemoryUse

MEGABYTE = 1024 * 1024

KILL_FACTOR = 2
"""A dyno may use twice its quota before it is killed (Dev Center, "Heroku Error Codes", R15)."""


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
