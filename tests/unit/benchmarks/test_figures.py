"""The arithmetic: medians, ratios of one round, and whether an aim is met."""

from __future__ import annotations

import pytest

from benchmarks.table.figures import Figures
from benchmarks.table.row import BUILDKIT, COMPARED, OURS, Aim, Row


def figures(**columns: list[float]) -> Figures:
    found = Figures()
    for column, taken in columns.items():
        for figure in taken:
            found.add("row", {"ours": OURS, "theirs": COMPARED, "buildkit": BUILDKIT}[column], figure)
    return found


def row(*aims: Aim) -> Row:
    return Row("row", "a row", (), aims)


def test_ratio_is_the_median_of_the_rounds_ratios_not_the_ratio_of_the_medians() -> None:
    found = figures(ours=[1.0, 4.0, 9.0], theirs=[1.0, 8.0, 3.0])
    assert found.ratio("row", COMPARED) == 1.0
    assert found.median("row", OURS) == 4.0
    assert found.median("row", COMPARED) == 3.0


def test_round_that_was_broken_off_is_left_out() -> None:
    assert figures(ours=[2.0, 2.0], theirs=[1.0]).ratio("row", COMPARED) == 2.0


def test_nothing_is_said_of_what_was_not_taken() -> None:
    found = figures(ours=[2.0])
    assert found.ratio("row", COMPARED) is None
    assert found.median("row", COMPARED) is None
    assert found.is_met(row(), Aim(1.0)) is None


@pytest.mark.parametrize(("ours", "met"), [(0.8, True), (0.85, True), (0.86, False)])
def test_ratio_may_be_as_large_as_the_aim(ours: float, met: bool) -> None:
    assert figures(ours=[ours], theirs=[1.0]).is_met(row(), Aim(0.85)) is met


@pytest.mark.parametrize(("ours", "met"), [(0.39, True), (0.4, False)])
def test_seconds_must_be_fewer_than_the_aim(ours: float, met: bool) -> None:
    assert figures(ours=[ours], theirs=[0.01]).is_met(row(), Aim(0.4, None)) is met


def test_each_aim_has_its_own_column() -> None:
    found = figures(ours=[2.0], theirs=[2.0], buildkit=[1.0])
    assert found.is_met(row(), Aim(1.1)) is True
    assert found.is_met(row(), Aim(1.1, BUILDKIT)) is False
