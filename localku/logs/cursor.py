"""Reads the rows of a log in order, across trimming, and knows the place after each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from localku.logs.segments import HISTORY_LINES, numbers, path

BLOCK_BYTES = 256 * 1024
"""Read at once: more than the longest row has."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A byte of a segment, and the number of the row that begins there; segment 0 is before the oldest there is.

    `row` is 0 in a place that an older localku remembered.
    """

    segment: int
    offset: int
    row: int = 0


BEGINNING = Position(0, 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One row without its newline, the place after it, and how many before it were trimmed unseen."""

    text: bytes
    end: Position
    lost: int = 0


class Cursor:
    """A place in a log, from `start` on; each `read` returns what was added since the one before."""

    def __init__(self, folder: Path, start: Position = BEGINNING) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._start = start
        self._number = max(start.segment - 1, 0)
        self._expected = start.row or start.segment
        self._offset = 0
        self._lost = 0
        self._unlinked = False

    def read(self, limit: int | None = None) -> list[Row]:
        """Whole rows since the last call, oldest first, `limit` at most."""
        rows: list[Row] = []
        while (limit is None or len(rows) < limit) and (block := self._block()):
            left = None if limit is None else limit - len(rows)
            rows += [self._row(text) for text in block.split(b"\n")[:-1][:left]]
        return rows

    def blocks(self) -> Iterator[bytes]:
        """The same, many rows with their newlines at a time, to look through quickly; what was trimmed is not told."""
        while block := self._block():
            self._offset += len(block)
            self._expected += block.count(b"\n")
            yield block

    @property
    def place(self) -> Position:
        """After the last row that was taken; `BEGINNING` before the first."""
        return Position(self._number, self._offset, self._expected) if self._file is not None else BEGINNING

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> bool:
        """Open the segment after the current one; False if there is none yet."""
        existing = numbers(self._folder)
        if existing and (existing[-1] < self._number or (self._unlinked and existing[0] <= self._number)):
            self._number = self._expected = 0  # the log was removed and began again
        for number in existing:
            if number <= self._number:
                continue
            try:
                self._file = path(self._folder, number).open("rb", buffering=0)
            except FileNotFoundError:
                continue
            self._begin(number)
            return True
        return False

    def _begin(self, number: int) -> None:
        if self._expected:
            self._lost += max(number - self._expected, 0)
        self._number, self._expected, self._offset, self._unlinked = number, number, 0, False
        if self._file is not None and number == self._start.segment:
            read = self._file.read(self._start.offset) or b""
            if len(read) == self._start.offset:
                self._offset = len(read)
                self._expected += read.count(b"\n")
        self._start = BEGINNING

    def _finished(self) -> bool:
        if self._file is None:
            return True
        self._unlinked = os.fstat(self._file.fileno()).st_nlink == 0
        existing = numbers(self._folder)
        return self._unlinked or (bool(existing) and existing[-1] != self._number)

    def _block(self) -> bytes:
        """Whole rows behind the last that was taken: what is half written now may be another row next time."""
        while self._file is not None or self._open():
            finished = self._finished()  # before reading: a finished segment gets no more rows
            block = self._after_last_row()
            if block or not finished:
                return block
            self.close()
        return b""

    def _after_last_row(self) -> bytes:
        if self._file is None:
            return b""
        self._file.seek(self._offset)
        block = self._file.read(BLOCK_BYTES) or b""
        return block[: block.rfind(b"\n") + 1]

    def _row(self, text: bytes) -> Row:
        self._offset += len(text) + 1
        self._expected += 1
        lost, self._lost = self._lost, 0
        return Row(text, Position(self._number, self._offset, self._expected), lost)


def end(folder: Path) -> Position:
    """The place after the last whole row there is."""
    for number in reversed(numbers(folder)):
        try:
            whole = path(folder, number).read_bytes()
        except FileNotFoundError:
            continue
        return Position(number, whole.rfind(b"\n") + 1, number + whole.count(b"\n"))
    return BEGINNING


def before_history(folder: Path) -> Position:
    """The beginning of a segment with all the last 1,500 rows in it and the later ones."""
    existing = numbers(folder)
    early = [number for number in existing if number <= existing[-1] - HISTORY_LINES]
    return Position(early[-1], 0, early[-1]) if early else BEGINNING
