"""What is measured, in the order of one round, and the figures that come out."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.contenders.contender import Contender

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Measurement:
    """`aim`: what localku's median may be, as a multiple of the Dockerfile's, or in seconds."""

    name: str
    title: str
    take: Callable[[Contender], float | None]
    aim: float
    in_seconds: bool = False

    def aim_text(self) -> str:
        return f"< {self.aim:g} s" if self.in_seconds else f"≤ {self.aim:g}x"


MEASUREMENTS = (
    Measurement("cold", "cold build", lambda one: one.cold_build(), 1.1),
    Measurement("unchanged", "build, nothing changed", lambda one: one.unchanged_build(), 0.4, in_seconds=True),
    Measurement("one-line", "build, one line changed", lambda one: one.one_line_build(), 0.85),
    Measurement("up", "up to first 200", lambda one: one.up(), 1.3),
    Measurement("reset-fs", "reset-fs to first 200", lambda one: one.reset(), 1.3),
)


@dataclass
class Figures:
    """Seconds by measurement and contender, and how busy the machine was."""

    seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    load: list[float] = field(default_factory=list)

    def add(self, measurement: str, contender: str, seconds: float) -> None:
        self.seconds.setdefault((measurement, contender), []).append(seconds)

    def median(self, measurement: str, contender: str) -> float | None:
        found = self.seconds.get((measurement, contender))
        return statistics.median(found) if found else None

    def ratio(self, measurement: str, contender: str, to: str) -> float | None:
        """Median over the rounds of one contender's seconds against another's in the same round."""
        ours, theirs = (self.seconds.get((measurement, name)) for name in (contender, to))
        if not ours or not theirs:
            return None
        return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def rounds(contenders: Sequence[Contender], names: Sequence[str], count: int, tell: Tell) -> Figures:
    """Take each measurement of all contenders in turn, who goes first changing from round to round."""
    figures = Figures()
    wanted = [measurement for measurement in MEASUREMENTS if measurement.name in names]
    for number in range(count):
        order = contenders if number % 2 == 0 else contenders[::-1]
        for measurement in wanted:
            figures.load.append(os.getloadavg()[0])
            for contender in order:
                _take(measurement, contender, figures, f"{number + 1}/{count}", tell)
    return figures


def _take(measurement: Measurement, contender: Contender, figures: Figures, label: str, tell: Tell) -> None:
    at = time.strftime("%H:%M:%S")
    seconds = measurement.take(contender)
    if seconds is not None:
        figures.add(measurement.name, contender.name, seconds)
        tell(f"{at}  round {label}  {measurement.title:24} {contender.name:14} {seconds:7.2f} s")
