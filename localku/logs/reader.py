"""Reads the segments of a log in order, across trimming."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from localku.logs.line import LogLine
from localku.logs.line import format as render
from localku.logs.segments import SEGMENT_LINES, numbers, path

if TYPE_CHECKING:
    from localku.clock import Clock


class Reader:
    """A place in a log. Each `read` returns what was added since the one before."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._since = clock.now()
        self._file: BinaryIO | None = None
        self._number = 0
        self._partial = b""

    def read(self) -> list[bytes]:
        """Every whole row since the last call, oldest first, without newlines.

        Rows that were trimmed before this reader came to them are replaced by
        Heroku's L11 line, which says how many they were.
        """
        rows: list[bytes] = []
        while self._file is not None or self._open(rows):
            finished = self._finished()  # before reading: a finished segment gets no more lines
            rows += self._drain()
            if not finished:
                break
            self.close()
        return rows

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, rows: list[bytes]) -> bool:
        """Open the segment after the current one; False if there is none yet."""
        existing = numbers(self._folder)
        if existing and existing[-1] < self._number:  # the log was removed and began again
            self._number = 0
        for number in existing:
            if number <= self._number:
                continue
            try:
                self._file = path(self._folder, number).open("rb")
            except FileNotFoundError:
                continue
            if self._number and number > self._number + 1:
                rows.append(self._overflow((number - self._number - 1) * SEGMENT_LINES))
            self._number, self._partial = number, b""
            return True
        return False

    def _finished(self) -> bool:
        if self._file is None or os.fstat(self._file.fileno()).st_nlink == 0:
            return True
        existing = numbers(self._folder)
        return bool(existing) and existing[-1] != self._number

    def _drain(self) -> list[bytes]:
        if self._file is None:
            return []
        *rows, self._partial = (self._partial + self._file.read()).split(b"\n")
        return rows

    def _overflow(self, dropped: int) -> bytes:
        since = self._since.isoformat(timespec="seconds")
        text = f"Error L11 (Tail buffer overflow) -> This tail session dropped {dropped} messages since {since}."
        self._since = self._clock.now()
        return render(LogLine(self._since, "heroku", "logplex", text)).encode()
