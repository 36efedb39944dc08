"""The soak's ledger: what it must notice, and what a named hole explains."""

from __future__ import annotations

import pytest

from benchmarks.ledger import Ledger, Series

AT = "2026-11-28T10:00:00.000000+00:00 "
SPAN = "since 2026-11-28T09:59:00+00:00, until 2026-11-28T09:59:50+00:00"
L10 = AT + f"heroku[logplex]: Error L10 (output buffer overflow): messages dropped {SPAN}, of web.1."
L11 = AT + "heroku[logplex]: Error L11 (Tail buffer overflow) -> This tail session dropped 3 messages since 1."
LOST = AT + "localku[log]: 2 messages were lost here: they could not be written"
WORKER_ENDED = AT + "heroku[worker.1]: Process exited with status 143"


def lines(*numbers: int) -> list[str]:
    return [f"{AT}app[web.1]: N{number:08d} yyy\n" for number in numbers]


def end(first: int, number: int) -> str:
    return f"{AT}app[web.1]: E{first:08d} {number:08d}\n"


def rows(*numbers: int) -> list[str]:
    return [f"{AT}app[worker.1]: R{number:08d}\n" for number in numbers]


def wrong(shown: list[str], *series: Series, table: tuple[int, ...] = ()) -> str:
    ledger = Ledger(list(series) or [Series(0, 6)])
    ledger.take(shown)
    ledger.close(set(table))
    return "\n".join(ledger.wrong)


def test_what_arrived_whole_or_was_cut_by_a_stop_balances() -> None:
    two = (Series(0, 6), Series(6, 4))
    assert wrong([*lines(*range(6)), end(0, 6), *lines(6, 7), end(6, 2)], *two) == ""


def test_two_series_at_once_are_each_in_order() -> None:
    two = (Series(0, 3), Series(3, 3))
    assert wrong([*lines(0, 3, 1, 4, 2, 5), end(3, 3), end(0, 3)], *two) == ""


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ([*lines(0, 1, 2, 4, 5), end(0, 6)], "1 missing from 3, no hole is named"),
        ([*lines(0, 1, 2, 2, 3, 4, 5), end(0, 6)], "2 came behind 2"),
        ([*lines(0, 2, 1, 3, 4, 5), end(0, 6)], "1 missing from 1"),
        ([*lines(0, 1, 2, 3), end(0, 6)], "2 missing from 4, no hole is named"),
        (lines(*range(6)), "no end arrived, and no hole is named behind 5"),
        ([], "no end arrived"),
        ([*lines(*range(6)), end(0, 5)], "6 lines of 5"),
        ([*lines(*range(6)), end(0, 6), end(0, 6)], "ended 6"),
        ([L10, *lines(0, 1, 3), end(0, 4)], "1 missing from 2, no hole is named"),
        ([*lines(0), L11, *lines(5), end(0, 6)], "4 lines are missing, and L11 counts 3"),
        ([*lines(*range(6)), end(0, 6), LOST], "2 messages were lost here"),
    ],
)
def test_what_does_not_balance_is_said(shown: list[str], said: str) -> None:
    assert said in wrong(shown)


@pytest.mark.parametrize(
    "shown",
    [
        [*lines(0, 1, 2), L10, *lines(5), end(0, 6)],
        [*lines(0, 1, 2), L11, *lines(5), end(0, 6)],
        [*lines(0, 1, 2, 3), L11, end(0, 6)],
        [*lines(0, 1, 2, 3), L11],
        [L10],
    ],
)
def test_a_named_hole_explains_what_is_missing_where_it_stands(shown: list[str]) -> None:
    assert wrong(shown) == ""


def test_a_hole_before_a_series_explains_nothing_of_it() -> None:
    three = (Series(0, 1), Series(1, 1), Series(2, 2))
    ordered = f'{AT}heroku[router]: at=info method=GET path="/0/2/2/0/89/1" dyno=web.1\n'
    shown = [*lines(0), end(0, 1), L10, L11, *lines(1), end(1, 1), ordered, *lines(3), end(2, 2)]
    assert "1 missing from 2, no hole is named" in wrong(shown, *three)


def test_series_that_began_in_one_hole_are_explained_by_its_times() -> None:
    early = "2026-11-28T09:59:40.000000+00:00 "
    ordered = [f'{early}heroku[router]: at=info method=GET path="/0/{first}/2/0/89/1" dyno=web.1\n' for first in (0, 2)]
    shown = [*ordered, L10, *lines(1, 3), end(0, 2), end(2, 2)]
    assert wrong(shown, Series(0, 2), Series(2, 2)) == ""


def test_a_series_whose_order_is_lost_began_in_a_hole() -> None:
    shown = [*lines(0), end(0, 1), L11, *lines(1), end(1, 1), *lines(3), end(2, 2)]
    assert wrong(shown, Series(0, 1), Series(1, 1), Series(2, 2)) == ""


def test_what_a_killed_dyno_printed_has_no_end_but_no_gap() -> None:
    killed = AT + "heroku[web.1]: Stopping process with SIGKILL"
    assert wrong([*lines(0, 1, 2), killed]) == ""
    assert "1 missing from 1" in wrong([*lines(0, 2), killed])


def test_a_series_that_was_refused_need_not_have_begun() -> None:
    assert wrong([], Series(0, 6, taken=False)) == ""


@pytest.mark.parametrize(
    ("shown", "table", "said"),
    [
        (rows(1, 2), (1,), "1 printed that are not in the table"),
        (rows(2, 1), (1, 2), "out of order"),
        (rows(1, 1), (1,), "twice"),
        (rows(1), (1, 2), "1 were not printed, and the worker ended 0 times"),
        ([*rows(1), WORKER_ENDED], (1, 2), ""),
        (rows(2, 3), (1, 2, 3), ""),  # printed before anybody looked
    ],
)
def test_rows_that_were_printed_are_in_the_table(shown: list[str], table: tuple[int, ...], said: str) -> None:
    found = wrong(shown, Series(0, 0, taken=False), table=table)
    assert said in found if said else found == ""
