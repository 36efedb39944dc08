"""Which row is taken how often, in which order, and what happens without a contender."""

from __future__ import annotations

from typing import Any

from benchmarks.samples import Sample
from benchmarks.stopwatch import CommandFailed
from benchmarks.table import rounds
from benchmarks.table.figures import Figures
from benchmarks.table.row import BUILDKIT, COMPARED, OURS, Row, Side, Taken


def side(column: str, order: list[str]) -> Side:
    def take(contender: Any) -> float:
        order.append(f"{contender}:{column}")
        return float(len(order))

    return Side(column, column, Sample.SHELF, take)


def test_who_goes_first_changes_and_rare_rows_end_early() -> None:
    order: list[str] = []
    rows = [
        Row("a", "", (side(OURS, order), side(COMPARED, order))),
        Row("b", "", (side(BUILDKIT, order),), taken=Taken.COLD_ROUNDS),
        Row("c", "", (side(OURS, order),), taken=Taken.ONCE),
    ]
    figures = Figures()
    rounds.take(rows, lambda _: "x", rounds.Counts(3, cold=2), lambda _: None, figures)
    first = ["x:localku", "x:compared", "x:BuildKit", "x:localku"]
    second = ["x:compared", "x:localku", "x:BuildKit"]
    assert order == [*first, *second, "x:localku", "x:compared"]
    assert figures.taken["a", OURS] == [1.0, 6.0, 8.0]
    assert figures.taken["a", COMPARED] == [2.0, 5.0, 9.0]
    assert len(figures.load) == 6


def test_cold_rounds_are_never_more_than_rounds() -> None:
    cold = Row("b", "", (), taken=Taken.COLD_ROUNDS)
    assert rounds.Counts(1, cold=3).of(cold) == 1


def test_contender_that_cannot_be_had_takes_nothing() -> None:
    order: list[str] = []
    figures = Figures()
    row = Row("a", "", (side(OURS, order), side(COMPARED, order)))
    find = {OURS: "x", COMPARED: None}
    rounds.take([row], lambda one: find[one.contender], rounds.Counts(2, 1), lambda _: None, figures)
    assert order == ["x:localku", "x:localku"]
    assert (row.name, COMPARED) not in figures.taken


def test_row_that_fails_is_given_up_and_the_others_go_on() -> None:
    def fail(_: Any) -> float:
        raise CommandFailed("docker run: exit status 125\nno such image\n")

    order: list[str] = []
    broken = Row("a", "", (side(OURS, order), Side(COMPARED, COMPARED, Sample.SHELF, fail)))
    figures = Figures()
    said: list[str] = []
    sound = Row("b", "", (side(BUILDKIT, order),))
    rounds.take([broken, sound], lambda _: "x", rounds.Counts(2, 1), said.append, figures)
    assert order == ["x:localku", "x:BuildKit", "x:BuildKit"]
    assert figures.failed == {"a": "no such image"}
    assert "docker run: exit status 125" in "\n".join(said)
