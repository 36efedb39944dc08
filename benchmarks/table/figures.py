"""The figures of a run, and the arithmetic over them."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from benchmarks.table.row import OURS, Aim, Row


@dataclass
class Figures:
    """What was taken, by row and column and in the order of the rounds, and how busy the machine was meanwhile.

    `failed`: row to the reason why it was given up.
    """

    taken: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    load: list[float] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def add(self, row: str, column: str, figure: float) -> None:
        self.taken.setdefault((row, column), []).append(figure)

    def median(self, row: str, column: str) -> float | None:
        found = self.taken.get((row, column))
        return statistics.median(found) if found else None

    def ratio(self, row: str, to: str) -> float | None:
        """Median over the rounds of localku's figure against that column's in the same round.

        A round that was broken off has one figure without its counterpart, which is left out.
        """
        ours, theirs = self.taken.get((row, OURS)), self.taken.get((row, to))
        if not ours or not theirs:
            return None
        return statistics.median(one / other for one, other in zip(ours, theirs, strict=False))

    def reached(self, row: Row, aim: Aim) -> float | None:
        """The figure that the aim is about: a ratio, or localku's median where the aim is in seconds."""
        return self.median(row.name, OURS) if aim.against is None else self.ratio(row.name, aim.against)

    def is_met(self, row: Row, aim: Aim) -> bool | None:
        reached = self.reached(row, aim)
        if reached is None:
            return None
        return reached < aim.limit if aim.against is None else reached <= aim.limit
