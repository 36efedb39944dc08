"""Take the rows, round after round."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.stopwatch import CommandFailed
from benchmarks.table.figures import Figures
from benchmarks.table.row import Row, Side, Taken, Unit

Tell = Callable[[str], None]
Find = Callable[[Side], Any]
"""Returns the contender of a side, or None where it cannot be had on this machine."""


@dataclass(frozen=True)
class Counts:
    """How often rows are taken; a cold build takes so long that fewer rounds do."""

    rounds: int
    cold: int

    def of(self, row: Row) -> int:
        return {Taken.EVERY_ROUND: self.rounds, Taken.COLD_ROUNDS: min(self.cold, self.rounds), Taken.ONCE: 1}[
            row.taken
        ]


def take(rows: Sequence[Row], find: Find, counts: Counts, tell: Tell, figures: Figures) -> None:
    """Add to `figures`. A row of which a side fails is not taken again, and the others go on."""
    for number in range(counts.rounds):
        for row in rows:
            if number >= counts.of(row) or row.name in figures.failed:
                continue
            figures.load.append(os.getloadavg()[0])
            try:
                _take(row, find, number, f"{number + 1}/{counts.of(row)}", tell, figures)
            except CommandFailed as error:
                tell(str(error))
                figures.failed[row.name] = error.reason


def _take(row: Row, find: Find, number: int, label: str, tell: Tell, figures: Figures) -> None:
    """Take the sides in turn; who goes first changes from round to round."""
    for side in row.sides if number % 2 == 0 else row.sides[::-1]:
        contender = find(side)
        if contender is None:
            continue
        at = time.strftime("%H:%M:%S")
        figure = side.take(contender)
        figures.add(row.name, side.column, figure)
        shown = f"{figure / 1e6:8.1f} MB" if row.unit is Unit.MEGABYTES else f"{figure:8.2f} s"
        tell(f"{at}  round {label}  {row.name:18} {side.column:12} {shown}")
