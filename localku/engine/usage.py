"""What a container uses, as the engine counts it with either version of control groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MemoryUse:
    """Bytes, and pages since the start. `shared` is the part of `cache` that is no file (tmpfs, shared memory).

    Control groups 2 count neither pages nor, through the engine, swap: these are 0 there.
    """

    rss: int
    cache: int
    shared: int
    swap: int
    pages_in: int
    pages_out: int


def memory(stats: Mapping[str, Any]) -> MemoryUse | None:
    """Read the engine's statistics; None for a container that does not run."""
    found: Mapping[str, int] = (stats.get("memory_stats") or {}).get("stats") or {}
    if "total_rss" in found:  # control groups 1
        files = found.get("total_active_file", 0) + found.get("total_inactive_file", 0)
        return MemoryUse(
            rss=found["total_rss"],
            cache=found["total_cache"],
            shared=max(0, found["total_cache"] - files),
            swap=found.get("total_swap", 0),
            pages_in=found.get("total_pgpgin", 0),
            pages_out=found.get("total_pgpgout", 0),
        )
    if "anon" in found:
        return MemoryUse(found["anon"], found["file"], found.get("shmem", 0), found.get("swap", 0), 0, 0)
    return None
