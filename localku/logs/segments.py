"""The files behind a log: segments named for the number of their first row, the oldest deleted first.

A folder holds `lock` and segments such as `00000001.log`, `00007482.log` …, of about a megabyte each. Rows are
only ever appended to the newest one, under an exclusive `flock`. A full segment is never touched again, so
readers need no lock and trimming is one `unlink`.
"""

from __future__ import annotations

import fcntl
import os
import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

HISTORY_LINES = 1_500
"""Lines that Logplex keeps (Dev Center "Limits", log history)."""

SEGMENT_BYTES = 1 << 20
SEGMENTS = 64
"""Far more than the history needs: a reader may be so many megabytes behind a dyno before it misses a line."""

TAIL_BYTES = 64 * 1024
"""More than the longest row has."""


def numbers(folder: Path) -> list[int]:
    """The numbers of the segments that exist, oldest first."""
    try:
        with os.scandir(folder) as entries:
            stems = [entry.name.removesuffix(".log") for entry in entries]
    except FileNotFoundError:
        return []
    return sorted(int(stem) for stem in stems if stem.isdecimal())


def path(folder: Path, number: int) -> Path:
    return folder / f"{number:08}.log"


class Appender:
    """Appends rows to the newest segment; safe beside other threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = folder / "lock"
        self._mutex = threading.Lock()
        self._newest = 0

    def newest(self) -> int:
        """The segment that this appender has written to last, or would begin with; it comes back to no earlier one."""
        return self._newest or _newest(self._folder)

    def append(self, rows: Sequence[bytes]) -> None:
        """Append rows, each without its newline. A row that is not whole, of a writer that was killed, goes first."""
        ends = list(accumulate(len(row) + 1 for row in rows))
        with self._mutex, self._locked():
            number, done = _newest(self._folder), 0
            while done < len(rows):
                number, done = self._fill(number, rows, ends, done)
            self._newest = number

    def _fill(self, number: int, rows: Sequence[bytes], ends: Sequence[int], done: int) -> tuple[int, int]:
        """Write rows from `done` on until one segment is full; return the segment to go on with, and where."""
        descriptor = os.open(path(self._folder, number), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            room = SEGMENT_BYTES - _whole(descriptor)
            if room <= 0:
                following = number + _lines(descriptor)
                self._drop_oldest()
                return following, done
            written = ends[done - 1] if done else 0
            taken = min(bisect_left(ends, written + room, done) + 1, len(rows))
            _write(descriptor, b"\n".join(rows[done:taken]) + b"\n")
            return number, taken
        finally:
            os.close(descriptor)

    def _drop_oldest(self) -> None:
        """Make room for one segment more."""
        for number in numbers(self._folder)[: 1 - SEGMENTS]:
            path(self._folder, number).unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            descriptor = self._open_lock()
        except FileNotFoundError:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = self._open_lock()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _open_lock(self) -> int:
        return os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)


def _newest(folder: Path) -> int:
    return (numbers(folder) or [1])[-1]


def _whole(descriptor: int) -> int:
    """Bytes of a segment without the row that a writer was killed in, which is cut off."""
    size = os.fstat(descriptor).st_size
    begin = max(size - TAIL_BYTES, 0)
    if size == 0 or os.pread(descriptor, 1, size - 1) == b"\n":
        return size
    size = begin + os.pread(descriptor, size - begin, begin).rfind(b"\n") + 1
    os.ftruncate(descriptor, size)
    return size


def _lines(descriptor: int) -> int:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).count(b"\n")


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
