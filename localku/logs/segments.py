"""The files behind a log: numbered segments, the oldest deleted first.

A folder holds `lock` and segments `00000001.log`, `00000002.log` … Lines are
only ever appended to the newest one, under an exclusive `flock`. A full segment
is never touched again, so readers need no lock and trimming is one `unlink`.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# Logplex keeps 1,500 lines (LOG_HISTORY). Two segments more than that needs give a
# slow reader time to catch up before lines vanish under it.
HISTORY_LINES = 1_500
SEGMENT_LINES = 500
SEGMENTS = HISTORY_LINES // SEGMENT_LINES + 3


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
        self._number = self._bytes = self._lines = 0  # what the last count saw of which segment

    def append(self, rows: Sequence[bytes]) -> None:
        """Append rows, each without its newline. All or nothing is visible per segment."""
        with self._mutex, self._locked():
            number = (numbers(self._folder) or [1])[-1]
            left = list(rows)
            while left:
                number, taken = self._fill(number, left)
                left = left[taken:]

    def _fill(self, number: int, rows: list[bytes]) -> tuple[int, int]:
        """Write as many rows as fit into one segment; return its number and how many."""
        descriptor = os.open(path(self._folder, number), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            room = SEGMENT_LINES - self._count(number, descriptor)
            if room <= 0:
                self._drop_oldest(number + 1)
                return number + 1, 0
            self._write(descriptor, b"".join(row + b"\n" for row in rows[:room]), min(room, len(rows)))
            return number, min(room, len(rows))
        finally:
            os.close(descriptor)

    def _count(self, number: int, descriptor: int) -> int:
        """Count the lines of a segment, reading only what others added since the last count."""
        size = os.fstat(descriptor).st_size
        if self._number != number or self._bytes > size:
            self._number, self._bytes, self._lines = number, 0, 0
        added = os.pread(descriptor, size - self._bytes, self._bytes)
        self._bytes += len(added)
        self._lines += added.count(b"\n")
        if added and not added.endswith(b"\n"):  # a writer was killed inside its write
            self._write(descriptor, b"\n", 1)
        return self._lines

    def _write(self, descriptor: int, data: bytes, lines: int) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        self._bytes += len(data)
        self._lines += lines

    def _drop_oldest(self, newest: int) -> None:
        for number in numbers(self._folder):
            if number <= newest - SEGMENTS:
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
