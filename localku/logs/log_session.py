"""A log as a client is shown it that may go away and come again: each line with the place after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.logs.cursor import Position, before_history
from localku.logs.growth import Growth
from localku.logs.line import matches, parse
from localku.logs.reader import Reader
from localku.logs.segments import HISTORY_LINES

if TYPE_CHECKING:
    from localku.clock import Clock

AT_ONCE = 2_000
"""Rows that are taken into memory at the same time."""

_PLACE = re.compile(r"(\d{1,18})-(\d{1,18})-(\d{1,18})")


@dataclass(frozen=True)
class Filter:
    """Lines of a `source`, and of a `proc`: a dyno, or all of a process type."""

    source: str | None = None
    proc: str | None = None


@dataclass(frozen=True)
class Shown:
    """A line, and the place to go on from after it."""

    text: str
    place: str


class LogSession:
    """Used by one thread at a time."""

    def __init__(self, folder: Path, clock: Clock, wanted: Filter, place: str = "") -> None:
        """Begin behind the `place` of the last line that the client has; without one, with the history."""
        found = _PLACE.fullmatch(place)
        self._resumed = found is not None
        start = Position(*map(int, found.groups())) if found else before_history(folder)
        self._reader = Reader(folder, clock, start)
        self._growth = Growth(folder)
        self._wanted = wanted

    def first(self, lines: int) -> list[Shown]:
        """The last `lines` of the history, at most 1,500; all that came since, where the client goes on."""
        rows = self._reader.placed()
        if self._resumed:
            return list(self._chosen(rows))
        return list(self._chosen(rows[-HISTORY_LINES:]))[-lines:] if lines > 0 else []

    def has_grown(self) -> bool:
        """Whether there may be more; it takes one `stat`."""
        return self._growth.since_last_look()

    def more(self) -> Iterator[list[Shown]]:
        """What was written since the last line, a part at a time."""
        while rows := self._reader.placed(AT_ONCE):
            yield list(self._chosen(rows))

    def close(self) -> None:
        self._reader.close()

    def _chosen(self, rows: Iterable[tuple[bytes, Position]]) -> Iterator[Shown]:
        for row, end in rows:
            text = row.decode("utf-8", "replace")
            try:
                line = parse(text)
            except LocalkuError:
                continue  # the beginning of a line whose writer was killed
            if matches(line, self._wanted.source, self._wanted.proc):
                yield Shown(text, f"{end.segment}-{end.offset}-{end.row}")
