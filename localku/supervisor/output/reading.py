"""Reads a container's output from the engine's files: each frame once and in order, and says what was rotated away.

The engine's follower is not used for that: under a burst it skips the file that is rotated away under it, reads
lines twice, or waits for ever beside a file that has another name by now. What is asked for here ends, and is what
the files hold at that moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from localku.engine.spec import LOG_BYTES, LOG_FILES
from localku.supervisor.output.place import START, Place, Seeker, stamp
from localku.supervisor.output.rows import MakeRows, Rows

if TYPE_CHECKING:
    from localku.engine.containers import Containers
    from localku.logs.bookmark import Mark

FEW, MANY = 50, 500_000
"""The last `FEW` frames are asked for, and more while those do not reach back, up to `MANY`; then all.

The engine finds the last of its files without reading what comes before, but reads for nothing what is asked too much.
"""

SPARE = 1.2
"""So many times the frames that would do if all came at one rate."""

SLACK = timedelta(seconds=2)
"""The times of two streams, and a clock that is set, can be out of order by a little in the engine's file."""

HELD = 8_000_000
"""Bytes of the start of a container's output that are kept until it shows that there are not too many behind them."""

FULL = (LOG_FILES - 1) * LOG_BYTES * 0.95
"""Bytes in the engine's files from which on one may have been rotated away. Two are full by then and a third is there;
how much that one had, and whether one was there before, nobody says. They are counted before JSON's escapes."""

WRAPPING = 32
"""Bytes that a frame has more in the engine's file: the names of its fields."""

Hole = Callable[[datetime | None, datetime], None]
"""Is told the times between which output is lost; the first is None where that is all from the container's start on."""


@dataclass(frozen=True)
class Past:
    """What the log has of a container already: `mark` and all before it, and those of `rows` that come next."""

    mark: Mark | None
    rows: Counter[bytes]


class Reading:
    """The output of one container behind what the log has of it already; without a past, all of it."""

    def __init__(
        self,
        containers: Containers,
        container: str,
        proc: str,
        hole: Hole,
        past: Past | None = None,
        make: MakeRows = Rows,
    ) -> None:
        self._containers = containers
        self._container = container
        self._proc = proc
        self._past = past
        self._known = past.rows if past else Counter[bytes]()
        """Rows that the log may have behind the place; empty once one comes that it has not."""
        self._hole = hole
        self._make = make
        self._rows = make(proc)
        self._place = START

    def new(self) -> Iterator[list[bytes]]:
        """Yield rows that came since the last call; what is taken counts as read when the next is asked for."""
        if self._past is not None:
            yield from self._resumed(self._past)
        elif self._place is START:
            yield from self._from_the_start()
        else:
            yield from self._behind_place(self._place)

    def rest(self) -> list[bytes]:
        """Rows of what the output ended with in the midst of a line."""
        return self._unknown(self._rows.rest())

    def _behind_place(self, place: Place) -> Iterator[list[bytes]]:
        tail = FEW
        while 0 < tail <= MANY:
            tail = yield from self._in_the_last(tail, place)
        if not tail:
            return
        for since in (_moment(place.last.stamp) - SLACK, None):
            if (yield from self._behind(place, self._printed(since=since))):
                return
        yield from self._everything(_moment(place.last.stamp))

    def _in_the_last(self, tail: int, place: Place) -> Generator[list[bytes], None, int]:
        """Yield what is behind the place and return 0; or, where so many do not reach back, how many may."""
        found = self._printed(tail)
        first = next(found, [])
        reaches = bool(first) and stamp(first[0]) < place.last.stamp
        if tail == FEW and not reaches:
            first = [*first, *chain.from_iterable(found)]
            reaches = 0 < len(first) < tail  # it has not printed more
        if reaches and (yield from self._behind(place, chain([first], found))):
            return 0
        return tail * 2 if not first else _reaching(place, tail, first)

    def _behind(self, place: Place, found: Iterable[list[bytes]]) -> Generator[list[bytes], None, bool]:
        """Yield what is behind a place; False if that is not there."""
        seeker = Seeker(place)
        for frames in found:
            fresh = seeker.beyond(frames)
            if fresh:
                yield from self._taken(fresh)
        return seeker.found

    def _from_the_start(self) -> Iterator[list[bytes]]:
        """All that there is of a container that nobody has read from before; what was rotated away is a hole, too."""
        held: list[list[bytes]] = []
        size = 0
        with closing(self._printed()) as found:
            for frames in found:
                size += sum(len(frame) + WRAPPING for frame in frames)
                if size <= HELD:
                    held.append(frames)
                elif size >= FULL:
                    break
        if size <= HELD:
            yield from self._anew(held)
        else:
            yield from self._anew(self._printed(), is_cut=size >= FULL)

    def _everything(self, missed_since: datetime) -> Iterator[list[bytes]]:
        yield from self._anew(self._printed(since=missed_since), missed_since, is_cut=True)

    def _anew(
        self, found: Iterable[list[bytes]], missed_since: datetime | None = None, *, is_cut: bool = False
    ) -> Iterator[list[bytes]]:
        self._rows, self._place = self._make(self._proc), START
        for frames in found:
            if is_cut:
                self._hole(missed_since, _moment(stamp(frames[0])))
                is_cut = False
            yield from self._taken(frames)

    def _taken(self, frames: list[bytes]) -> Iterator[list[bytes]]:
        rows = self._unknown(self._rows.of(frames))
        if rows:
            yield rows
        self._place = self._place.after(frames)

    def _resumed(self, past: Past) -> Iterator[list[bytes]]:
        """Go on behind the mark, which is found by making the rows again."""
        if past.mark is None:
            yield from self._from_the_start()
        elif not (yield from self._behind_mark(past.mark)):
            yield from self._everything(past.mark.time)
        self._past = None

    def _behind_mark(self, mark: Mark) -> Generator[list[bytes], None, bool]:
        """Yield what is behind the mark; False if that is not there."""
        for since in (mark.time - SLACK, None):
            self._rows, self._place, found, known = self._make(self._proc), START, False, Counter(self._known)
            for frames in self._printed(since=since):
                if found:
                    yield from self._taken(frames)
                    continue
                rows = self._rows.of(frames)
                at = next((at for at, row in enumerate(rows) if mark.suits(row)), None)
                known.subtract(rows if at is None else rows[: at + 1])
                if at is not None:
                    found, self._known = True, +known
                    fresh = self._unknown(rows[at + 1 :])
                    if fresh:
                        yield fresh
                self._place = self._place.after(frames)
            if found:
                return True
        return False

    def _unknown(self, rows: list[bytes]) -> list[bytes]:
        """Leave out those that a writer that was killed has put into the log and not marked: the first, if any."""
        for number, row in enumerate(rows):
            if not self._known[row]:
                self._known.clear()
                return rows[number:]
            self._known[row] -= 1
        return []

    def _printed(self, tail: int | None = None, since: datetime | None = None) -> Generator[list[bytes], None, None]:
        """Close the engine's answer also where what is asked for is found before its end."""
        with closing(self._containers.printed(self._container, tail=tail, since=since)) as found:
            yield from found


def _reaching(place: Place, tail: int, first: list[bytes]) -> int:
    """How many of the last frames reach back to the place, if those before came at the rate of the first of `tail`."""
    back, known, newest = (_moment(one).timestamp() for one in (place.last.stamp, stamp(first[0]), stamp(first[-1])))
    return max(2 * tail, tail + int(SPARE * len(first) * (known - back) / max(newest - known, 1e-6)))


def _moment(written: bytes) -> datetime:
    return datetime.fromisoformat(written.decode())
