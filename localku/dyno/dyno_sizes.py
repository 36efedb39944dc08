"""Dyno sizes of the Common Runtime (Dev Center, "Dyno Types")."""

from __future__ import annotations

from dataclasses import dataclass

from localku.dyno.memory_sample import MEGABYTE
from localku.errors import Kind, LocalkuError

ECO, BASIC, PRODUCTION = "eco", "basic", "production"
"""Process tiers: all dynos of an app belong to one of them."""


@dataclass(frozen=True)
class Size:
    """`memory` in MB is the quota; `processes` counts processes and threads; `share` is relative CPU time.

    `cores` are those a dyno sees on Heroku (of eco to standard-2x: from memory). `most` is how many dynos of one
    process type may have the size.
    """

    name: str
    memory: int
    processes: int
    share: int
    cores: int
    most: int
    tier: str

    @property
    def quota(self) -> int:
        """The memory in bytes."""
        return self.memory * MEGABYTE

    @property
    def web_concurrency(self) -> int:
        """How many processes a web server starts by default: what Heroku's Python buildpack makes of the size."""
        return min(self.memory // 256, self.cores * 2 + 1)

    @property
    def shown(self) -> str:
        """Heroku's spelling: `Standard-2X`, `Performance-L-RAM`."""
        family, *rest = self.name.split("-")
        return "-".join([family.capitalize(), *(part.upper() for part in rest)])


SIZES = {
    size.name: size
    for size in (
        Size("eco", 512, 256, 1, 8, 1, ECO),
        Size("basic", 512, 256, 1, 8, 1, BASIC),
        Size("standard-1x", 512, 256, 1, 8, 100, PRODUCTION),
        Size("standard-2x", 1024, 512, 2, 8, 100, PRODUCTION),
        Size("performance-m", 2560, 16384, 12, 2, 10, PRODUCTION),
        Size("performance-l", 14336, 32768, 50, 8, 10, PRODUCTION),
        Size("performance-l-ram", 30720, 32768, 24, 4, 10, PRODUCTION),
        Size("performance-xl", 63488, 32768, 50, 8, 10, PRODUCTION),
        Size("performance-2xl", 129024, 32768, 100, 16, 10, PRODUCTION),
    )
}

QUOTA_FILES = "share/localku/memory"
"""Below /usr of a dyno: one file a quota, its name and content the bytes."""

PLACES = {"1": "/sys/fs/cgroup/memory/memory.limit_in_bytes", "2": "/sys/fs/cgroup/memory.max"}
"""Where the kernel says a limit, by version of control groups (Linux, Documentation/admin-guide: cgroup-v1/memory.rst,
cgroup-v2.rst)."""

QUOTAS = tuple(sorted({str(size.quota) for size in SIZES.values()}, key=int))

DEFAULT = "basic"

OF_TIER = {ECO: "eco", BASIC: "basic", PRODUCTION: "standard-1x"}
"""The size a process gets that nobody gave one, by its app's tier: always one of 512 MB."""


def named(name: str) -> Size:
    found = SIZES.get(name.lower())
    if found is None:
        raise LocalkuError(
            f"There is no dyno size '{name}'.", f"Sizes: {', '.join(SIZES)}.", kind=Kind.NOT_FOUND, resource="dyno-size"
        )
    return found


def shown(name: str) -> str:
    """Return Heroku's spelling of a size, or the name itself where there is no such size."""
    return SIZES[name].shown if name in SIZES else name
