"""What is said of a dyno's memory against its quota (Dev Center, "Heroku Error Codes")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localku.dyno.dyno_lines import R14, R15, STOPPING_HARD
from localku.dyno.memory_sample import KILL_FACTOR, MEGABYTE, Sample

if TYPE_CHECKING:
    from localku.dyno.dyno_sizes import Size

_RUNNING = re.compile(r"Process running mem=(\d{1,9})M\((\d{1,9}(?:\.\d{1,9})?)%\)", re.ASCII)

EVERY = 20.0
"""Seconds between two samples (Dev Center, "Heroku Labs: log-runtime-metrics")."""


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
