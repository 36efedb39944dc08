"""The two lines of `log-runtime-metrics`: load averages and memory (Dev Center, "Heroku Labs: log-runtime-metrics")."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from localku.dyno.memory_sample import MEGABYTE, Sample

WINDOWS = {"1m": 60.0, "5m": 300.0, "15m": 900.0}
"""Load averages by name and period in seconds; one appears once the dyno is as old as its period."""


@dataclass
class Load:
    """Load averages of a dyno: exponentially weighted counts of its runnable tasks."""

    averages: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WINDOWS, 0.0))

    def add(self, runnable: int, seconds: float) -> None:
        """Take in how many tasks were runnable after so many seconds since the last time."""
        for name, period in WINDOWS.items():
            weight = math.exp(-seconds / period)
            self.averages[name] = (1 - weight) * runnable + weight * self.averages[name]

    def shown(self, age: float) -> str:
        """Return the fields for a dyno of this age in seconds; empty while it is too young for any."""
        return " ".join(
            f"sample#load_avg_{name}={self.averages[name]:.2f}" for name, period in WINDOWS.items() if age >= period
        )


def lines(dyno: str, identity: str, sample: Sample, load: str) -> tuple[str, ...]:
    """Return the lines of one moment; `identity` is `heroku.<app's number>.<dyno's id>`."""
    source = f"source={dyno} dyno={identity}"
    memory = (
        ("total", _megabytes(sample.total)),
        ("rss", _megabytes(sample.use.rss)),
        ("cache", _megabytes(sample.cache)),
        ("swap", _megabytes(sample.use.swap)),
        ("pgpgin", f"{sample.use.pages_in}pages"),
        ("pgpgout", f"{sample.use.pages_out}pages"),
        ("quota", _megabytes(sample.quota * MEGABYTE)),
    )
    fields = " ".join(f"sample#memory_{name}={value}" for name, value in memory)
    return (*((f"{source} {load}",) if load else ()), f"{source} {fields}")


def _megabytes(number: int) -> str:
    return f"{number / MEGABYTE:.2f}MB"
