"""What became of numbered lines in a log: each arrived once and in order, or a line names the hole."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

NUMBERED = re.compile(r"app\[web\.1\]: N(\d{8}) y")
ENDED = re.compile(r"app\[web\.1\]: E(\d{8}) (\d{8})$")
ROW = re.compile(r"app\[worker\.1\]: R(\d{8})$")
WORKER_ENDED = "heroku[worker.1]: Process exited"
ORDERED = re.compile(r'heroku\[router\]: .* path="/\d+/(\d+)/')
HOLE = re.compile(r"heroku\[logplex\]: Error L1([01]) ")
BETWEEN = re.compile(r"dropped since (\S+), until (\S+), of web\.1")
KILLED = "heroku[web.1]: Stopping process with SIGKILL"
SLACK = timedelta(seconds=2)
"""Times in the engine's file can be out of order by a little."""
DROPPED = re.compile(r"dropped (\d+) messages")
LOST = "messages were lost here"


@dataclass
class Series:
    """Lines from `first` on, `asked` of them; `taken` where a dyno answered that it prints them.

    `ended` is how many the printing process says that it wrote, when it ended or was told to.
    """

    first: int
    asked: int
    taken: bool = True
    arrived: int = 0
    missing: int = 0
    ended: int | None = None
    began: int | None = None
    """How many holes were named before the line of its order, or its first; `holes`, before its latest."""
    holes: int = 0
    time: str = ""
    """When it was ordered, or printed its latest line."""

    @property
    def next(self) -> int:
        return self.first + self.arrived + self.missing


@dataclass
class Ledger:
    """Rows of `localku logs --tail` go in in their order; `wrong` says what does not balance, in a line each."""

    series: list[Series]
    wrong: list[str] = field(default_factory=list)
    printed: list[int] = field(default_factory=list)
    """Numbers of table rows."""
    worker_ends: int = 0
    killed: int = 0
    """How many dynos did not stop in time and were killed: what they printed has no end."""
    dropped: int = 0
    """Messages that L11 counts."""
    named: list[str] = field(default_factory=list)
    """Lines that name a hole: L10 and L11."""
    _spans: list[tuple[datetime, datetime]] = field(default_factory=list)

    def take(self, rows: Iterable[str]) -> None:
        for text in rows:
            row = text.rstrip()
            if found := NUMBERED.search(row):
                self._line(int(found[1]), row)
            elif found := ENDED.search(row):
                self._end(int(found[1]), int(found[2]), row)
            elif found := ROW.search(row):
                self.printed.append(int(found[1]))
            elif found := ORDERED.search(row):
                self._ordered(self._of(int(found[1])), row)
            elif HOLE.search(row):
                self._hole(row)
            elif KILLED in row:
                self.killed += 1
            elif WORKER_ENDED in row:
                self.worker_ends += 1
            elif LOST in row:
                self.wrong.append(row)

    def close(self, table: set[int]) -> None:
        """Nothing more comes; `table` is what the database has."""
        for one in self.series:
            if one.ended is None and one.taken and not self.killed and not self._named_since(one):
                self.wrong.append(f"series {one.first}: no end arrived, and no hole is named behind {one.next - 1}")
        missing = sum(one.missing for one in self.series)
        if missing > self.dropped and not any(" L10 " in row for row in self.named):
            self.wrong.append(f"{missing} lines are missing, and L11 counts {self.dropped}")
        self._rows(table)

    def _rows(self, table: set[int]) -> None:
        if self.printed != sorted(set(self.printed)):
            self.wrong.append("rows: out of order, or twice")
        if strange := set(self.printed) - table:
            self.wrong.append(f"rows: {len(strange)} printed that are not in the table")
        silent = len({row for row in table - set(self.printed) if row > min(self.printed, default=0)})
        if silent > self.worker_ends and not self.named:
            self.wrong.append(f"rows: {silent} were not printed, and the worker ended {self.worker_ends} times")

    def _ordered(self, one: Series, row: str) -> None:
        if one.began is None:
            one.began = one.holes = len(self.named)
            one.time = row.partition(" ")[0]

    def _line(self, number: int, row: str) -> None:
        one = self._of(number)
        if number < one.next:
            self.wrong.append(f"series {one.first}: {number} came behind {one.next - 1}: {row[:40]}")
            return
        self._missing(one, number - one.next, row)
        one.arrived += 1

    def _end(self, first: int, number: int, row: str) -> None:
        one = self._of(first)
        if one.ended is not None or number < one.next - first:
            self.wrong.append(f"series {first}: {one.next - first} lines of {number}, ended {one.ended}: {row[:40]}")
        self._missing(one, first + number - one.next, row)
        one.ended = number

    def _missing(self, one: Series, number: int, row: str) -> None:
        now = row.partition(" ")[0]
        if number > 0 and not self._named_since(one) and not self._named_between(one.time, now):
            self.wrong.append(f"series {one.first}: {number} missing from {one.next}, no hole is named: {row[:40]}")
        one.missing += max(number, 0)
        one.time = now
        one.holes = len(self.named)
        one.began = one.holes if one.began is None else one.began

    def _named_since(self, one: Series) -> bool:
        """Whether a hole is named behind its latest line or, if none arrived, behind the first of those before it."""
        before = self.series[: self._at(one.first)]
        began = next((other.began for other in reversed(before) if other.began is not None), 0)
        return len(self.named) > (began if one.began is None else one.holes)

    def _named_between(self, since: str, until: str) -> bool:
        """Whether a hole is named that reaches into these times, wherever its line stands.

        Where nothing is known of `since`, the line of its order is lost itself, and only a hole loses one.
        """
        if not since:
            return any(" L11 " in row for row in self.named)
        first, last = datetime.fromisoformat(since), datetime.fromisoformat(until)
        return any(began < last + SLACK and first - SLACK < ended for began, ended in self._spans)

    def _hole(self, row: str) -> None:
        if found := BETWEEN.search(row):
            self._spans.append((datetime.fromisoformat(found[1]), datetime.fromisoformat(found[2])))
        self.named.append(row)
        if found := DROPPED.search(row):
            self.dropped += int(found[1])

    def _of(self, number: int) -> Series:
        return self.series[self._at(number)]

    def _at(self, number: int) -> int:
        return bisect_right(self.series, number, key=lambda one: one.first) - 1
