"""Dyno sizes of the Common Runtime (reference/heroku-runtime.md §1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from localku.errors import LocalkuError


@dataclass(frozen=True)
class Size:
    """`memory` in MB is the quota; `processes` counts processes and threads; `share` is relative CPU time."""

    name: str
    memory: int
    processes: int
    share: int


SIZES = {
    size.name: size
    for size in (
        Size("eco", 512, 256, 1),
        Size("basic", 512, 256, 1),
        Size("standard-1x", 512, 256, 1),
        Size("standard-2x", 1024, 512, 2),
        Size("performance-m", 2560, 16384, 12),
        Size("performance-l", 14336, 32768, 50),
        Size("performance-l-ram", 30720, 32768, 24),
        Size("performance-xl", 63488, 32768, 50),
        Size("performance-2xl", 129024, 32768, 100),
    )
}

DEFAULT = "basic"


def named(name: str) -> Size:
    found = SIZES.get(name.lower())
    if found is None:
        raise LocalkuError(f"There is no dyno size '{name}'.", f"Sizes: {', '.join(SIZES)}.")
    return found
