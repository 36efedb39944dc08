"""Reads the rows of a log in order, across trimming, and knows the place after each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from localku.logs.segments import SEGMENT_LINES, numbers, path


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A byte of a segment; segment 0 is before the oldest there is."""

    segment: int
    offset: int


BEGINNING = Position(0, 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One row without its newline, the place after it, and how many before it were trimmed unseen."""

    text: bytes
    end: Position
    lost: int = 0

    @property
    def start(self) -> Position:
        return Position(self.end.segment, self.end.offset - len(self.text) - 1)


class Cursor:
    """A place in a log, from `start` on; each `read` returns what was added since the one before."""

    def __init__(self, folder: Path, start: Position = BEGINNING) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._start = start
        self._number = self._expected = start.segment
        self._offset = 0
        self._partial = b""
        self._lost = 0

    def read(self, limit: int | None = None) -> list[Row]:
        """Every whole row since the last call, oldest first; no further segment is begun after `limit` rows."""
        rows: list[Row] = []
        while (self._file is not None or self._open()) and (limit is None or len(rows) < limit):
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

    def _open(self) -> bool:
        """Open the segment after the current one; False if there is none yet."""
        existing = numbers(self._folder)
        if existing and existing[-1] < self._number:  # the log was removed and began again
            self._number = self._expected = 0
        for number in existing:
            if number < self._expected:
                continue
            try:
                self._file = path(self._folder, number).open("rb")
            except FileNotFoundError:
                continue
            self._begin(number)
            return True
        return False

    def _begin(self, number: int) -> None:
        if self._expected and number > self._expected:
            self._lost += (number - self._expected) * SEGMENT_LINES
        self._number, self._expected, self._partial, self._offset = number, number + 1, b"", 0
        if self._file is not None and number == self._start.segment:
            size = os.fstat(self._file.fileno()).st_size
            self._offset = self._start.offset if self._start.offset <= size else 0
            self._file.seek(self._offset)
        self._start = BEGINNING

    def _finished(self) -> bool:
        if self._file is None or os.fstat(self._file.fileno()).st_nlink == 0:
            return True
        existing = numbers(self._folder)
        return bool(existing) and existing[-1] != self._number

    def _drain(self) -> list[Row]:
        if self._file is None:
            return []
        *texts, self._partial = (self._partial + self._file.read()).split(b"\n")
        return [self._row(text) for text in texts]

    def _row(self, text: bytes) -> Row:
        self._offset += len(text) + 1
        lost, self._lost = self._lost, 0
        return Row(text, Position(self._number, self._offset), lost)


def end(folder: Path) -> Position:
    """The place after the last row there is."""
    for number in reversed(numbers(folder)):
        try:
            return Position(number, path(folder, number).stat().st_size)
        except FileNotFoundError:
            continue
    return BEGINNING
