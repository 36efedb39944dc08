"""How far a container's output has come into the log: where whoever carries it goes on after `kill -9`.

Rows are appended to the log first and marked after, so a log can have rows behind the mark, of a writer that was
killed in between, but never lacks one before it.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from localku.logs.segments import numbers, path

FOLDER = "read"
"""Beside the segments: a file for each container."""

TIME = len("2024-06-05T11:12:35.048384+00:00")


@dataclass(frozen=True, slots=True)
class Mark:
    """The last row of a container that is known to be in the log, by its time and the SHA-256 of all of it."""

    written: bytes
    digest: bytes

    @classmethod
    def of(cls, row: bytes) -> Mark:
        return cls(row[:TIME], hashlib.sha256(row).hexdigest().encode())

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.written.decode())

    def suits(self, row: bytes) -> bool:
        return row.startswith(self.written) and Mark.of(row) == self


class Bookmark:
    """The mark of one container, in a file of one size that is written over in place: that needs no room on a disk.

    It also says in which segment of the log to begin where rows behind the mark are looked for.
    """

    def __init__(self, folder: Path, container: str, newest: Callable[[], int]) -> None:
        """`folder` is the log's; what this process writes next comes into the segment `newest` or later."""
        self._folder = folder
        self._file = folder / FOLDER / container
        self._newest = newest
        self.mark, self._segment = _read(self._file)

    def begin(self) -> None:
        """The log has nothing of this container: what will be looked for comes from now on."""
        self._segment = self._newest()

    def put(self, row: bytes) -> None:
        self.mark, self._segment = Mark.of(row), self._newest()
        with suppress(OSError):  # a full disk takes no rows either; this process knows the mark
            descriptor = self._open()
            try:
                os.write(descriptor, b"%s %s %020d\n" % (self.mark.written, self.mark.digest, self._segment))
            finally:
                os.close(descriptor)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT
        try:
            return os.open(self._file, flags, 0o600)
        except FileNotFoundError:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._file, flags, 0o600)

    def known(self, source: str, proc: str, since: datetime) -> Counter[bytes]:
        """Count the log's rows of this source and proc that are not older; those behind the mark are among them.

        A proc has those of its parts: `postgres` those of `postgres.57`.
        """
        heads = (f" {source}[{proc}]: ".encode(), f" {source}[{proc}.".encode())
        found, first = Counter[bytes](), self._newest()
        for number in reversed(numbers(self._folder)):
            here = _rows(path(self._folder, number), heads, since.isoformat().encode())
            if here:
                first = number
            elif self._segment is not None and number < self._segment:
                break
            found.update(here)
        self._segment = first
        return found


def _read(file: Path) -> tuple[Mark | None, int | None]:
    try:
        written, _, rest = file.read_bytes().rstrip(b"\n").partition(b" ")
    except FileNotFoundError:
        return None, None
    digest, _, segment = rest.partition(b" ")  # an older localku wrote no segment
    mark = Mark(written, digest) if len(written) == TIME and digest else None
    return mark, int(segment) if mark and segment.isdigit() else None


def _rows(segment: Path, heads: tuple[bytes, ...], oldest: bytes) -> list[bytes]:
    """The whole rows of a segment that are not older and go on with one of `heads`, without their newlines."""
    try:
        whole = segment.read_bytes()
    except FileNotFoundError:
        return []
    lines = whole[: whole.rfind(b"\n") + 1].split(b"\n")
    return [line for line in lines if line >= oldest and line[line.find(b" ") :].startswith(heads)]


def forget_all_but(folder: Path, containers: frozenset[str]) -> None:
    """Remove the marks of containers that are gone; `folder` is the log's."""
    for file in (folder / FOLDER).glob("*"):
        if file.name not in containers:
            file.unlink(missing_ok=True)
