"""A row of the table: which operation of which contender is compared with which other, and what is aimed at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from benchmarks.samples import Sample

OURS = "localku"
COMPARED = "compared"
"""The Dockerfile with the classic builder, unless the row's title says otherwise."""
BUILDKIT = "BuildKit"
HEROKU_LOCAL = "heroku local"
COLUMNS = (OURS, COMPARED, BUILDKIT, HEROKU_LOCAL)


class Taken(Enum):
    """How often a row is taken."""

    EVERY_ROUND = "every round"
    COLD_ROUNDS = "cold rounds"
    ONCE = "once"


class Unit(Enum):
    SECONDS = "s"
    MEGABYTES = "MB"
    """Of 10^6 bytes; figures are in bytes."""


@dataclass(frozen=True)
class Side:
    """One figure of a row: what `take` returns for a contender that has its own copy of the sample."""

    column: str
    contender: str
    sample: Sample
    take: Callable[[Any], float]


@dataclass(frozen=True)
class Aim:
    """At most `limit` times the figure of a column; where `against` is None, less than `limit` seconds."""

    limit: float
    against: str | None = COMPARED

    def __str__(self) -> str:
        return f"< {self.limit:g} s" if self.against is None else f"≤ {self.limit:g}"


@dataclass(frozen=True)
class Row:
    """`name` is what `--only` takes. `any_app`: whether it makes sense for an app that is not one of the samples."""

    name: str
    title: str
    sides: tuple[Side, ...]
    aims: tuple[Aim, ...] = ()
    taken: Taken = Taken.EVERY_ROUND
    unit: Unit = Unit.SECONDS
    any_app: bool = False

    def aim(self, against: str | None) -> Aim | None:
        return next((aim for aim in self.aims if aim.against == against), None)

    def without(self, column: str) -> Row:
        return replace(self, sides=tuple(side for side in self.sides if side.column != column))
