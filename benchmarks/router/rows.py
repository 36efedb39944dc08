"""The figures of several rounds as the rows of a table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

COMPARED = 1
"""Which of the contenders those after it are compared with: nginx."""


@dataclass(frozen=True)
class Figure:
    """`form` is how it is shown."""

    title: str
    form: str
    value: float


@dataclass
class Rows:
    """What was taken of each contender, by title: a list for each round."""

    forms: dict[str, str] = field(default_factory=dict)
    rounds: dict[str, list[list[float]]] = field(default_factory=dict)

    def add(self, found: Sequence[tuple[Figure, ...]]) -> None:
        """Add one round of a measure, in the contenders' order."""
        for figures in zip(*found, strict=True):
            self.forms[figures[0].title] = figures[0].form
            self.rounds.setdefault(figures[0].title, []).append([one.value for one in figures])

    def cells(self, title: str) -> list[str]:
        """Return medians, with the medians of the rounds' ratios behind the contenders that are localku's."""
        rounds, cells = self.rounds[title], []
        for number in range(len(rounds[0])):
            cells.append(format(statistics.median(one[number] for one in rounds), self.forms[title]))
            if number > COMPARED:
                cells.append(f"{statistics.median(one[number] / one[COMPARED] for one in rounds):.2f}")
        return cells
