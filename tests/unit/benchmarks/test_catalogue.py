"""Every row that is promised is there, with its aims, and compares what it says."""

from __future__ import annotations

import pytest

from benchmarks.samples import Sample
from benchmarks.table.catalogue import HEROKU, TEN, rows
from benchmarks.table.row import BUILDKIT, COMPARED, HEROKU_LOCAL, OURS, Row, Taken

ROWS = {row.name: row for row in rows()}
AIMS = {
    "cold": {COMPARED: 1.1, BUILDKIT: 1.3},
    "one-line": {COMPARED: 0.85, BUILDKIT: 1.1},
    "no-collectstatic": {COMPARED: 0.7},
    "css": {COMPARED: 0.85, BUILDKIT: 1.1},
    "template": {COMPARED: 0.85, BUILDKIT: 1.1},
    "build-script": {COMPARED: 1.3},
    "requirement": {COMPARED: 0.9},
    "package": {COMPARED: 0.9},
    "unchanged": {None: 0.4},
    "up-no-build": {COMPARED: 1.4},
    "up-with-server": {COMPARED: 1.4},
    "up": {COMPARED: 1.8},
    "watch": {COMPARED: 1.0},
    "reset-fs": {COMPARED: 1.5},
    "large-slug": {COMPARED: 1.3},
    "ten-apps": {COMPARED: 1.2},
    "ps": {COMPARED: 0.2},
    "config": {COMPARED: 0.2},
    "logs": {COMPARED: 0.2},
}


def contenders(row: Row) -> list[tuple[str, str]]:
    return [(side.column, side.contender) for side in row.sides]


def test_all_aims() -> None:
    assert {name: {aim.against: aim.limit for aim in row.aims} for name, row in ROWS.items()} == AIMS


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_each_aim_has_a_side_that_it_is_about(row: Row) -> None:
    columns = {side.column for side in row.sides}
    assert OURS in columns
    assert {aim.against for aim in row.aims if aim.against} <= columns
    assert len(columns) == len(row.sides)


@pytest.mark.parametrize("name", ["cold", "one-line", "no-collectstatic", "css", "watch", "up", "reset-fs"])
def test_builds_and_starts_are_compared_with_both_builders(name: str) -> None:
    assert contenders(ROWS[name])[:3] == [(OURS, OURS), (COMPARED, COMPARED), (BUILDKIT, BUILDKIT)]


def test_rows_that_compare_something_else() -> None:
    assert contenders(ROWS["large-slug"]) == [(OURS, OURS), (COMPARED, OURS)]
    assert [side.sample for side in ROWS["large-slug"].sides] == [Sample.LARGE_SLUG, Sample.SMALL_SLUG]
    assert contenders(ROWS["ten-apps"]) == [(OURS, TEN), (COMPARED, TEN)]
    assert contenders(ROWS["ps"]) == [(OURS, OURS), (COMPARED, HEROKU)]
    assert {side.sample for side in ROWS["no-collectstatic"].sides} == {Sample.WITHOUT_COLLECTSTATIC}
    assert {side.sample for side in ROWS["build-script"].sides} == {Sample.WITH_SCRIPT}


def test_only_a_cold_build_and_the_disk_are_taken_more_rarely() -> None:
    rare = {name: row.taken for name, row in ROWS.items() if row.taken is not Taken.EVERY_ROUND}
    assert rare == {"cold": Taken.COLD_ROUNDS, "ten-apps": Taken.ONCE}


def test_heroku_local_can_be_left_out() -> None:
    assert HEROKU_LOCAL in {side.column for side in ROWS["reset-fs"].sides}
    assert HEROKU_LOCAL not in {side.column for side in ROWS["reset-fs"].without(HEROKU_LOCAL).sides}


class Recorded:
    """Stands for a builder and its app: says what was changed before the build."""

    def __init__(self) -> None:
        self.app = self
        self.changes: list[str] = []

    def __getattr__(self, name: str) -> object:
        return lambda: self.changes.append(name)

    def build_after(self, change: object) -> float:
        change()  # type: ignore[operator]
        return 1.5


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("one-line", "change_view"),
        ("no-collectstatic", "change_view"),
        ("build-script", "change_view"),
        ("large-slug", "change_view"),
        ("css", "change_style"),
        ("template", "change_template"),
        ("requirement", "add_requirement"),
        ("package", "add_package"),
    ],
)
def test_each_row_makes_its_change(name: str, change: str) -> None:
    builder = Recorded()
    assert ROWS[name].sides[0].take(builder) == 1.5
    assert builder.changes == [change]
