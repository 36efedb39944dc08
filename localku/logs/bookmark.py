"""How far a container's output has come into the log: where whoever carries it goes on after `kill -9`.

Rows are appended to the log first and marked after, so a log can have rows behind the mark, of a writer that was
killed in between, but never lacks one before it.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
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
    """The mark of one container, in a file of one size that is written over in place: that needs no room on a disk."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.mark = _read(file)

    def put(self, row: bytes) -> None:
        self.mark = Mark.of(row)
        with suppress(OSError):  # a full disk takes no rows either; this process knows the mark
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, b"%s %s\n" % (self.mark.written, self.mark.digest))
            finally:
                os.close(descriptor)


def _read(file: Path) -> Mark | None:
    try:
        written, _, digest = file.read_bytes().rstrip(b"\n").partition(b" ")
    except FileNotFoundError:
        return None
    return Mark(written, digest) if len(written) == TIME and digest else None


def forget_all_but(folder: Path, containers: frozenset[str]) -> None:
    """Remove the marks of containers that are gone; `folder` is the log's."""
    for file in (folder / FOLDER).glob("*"):
        if file.name not in containers:
            file.unlink(missing_ok=True)


def rows(folder: Path, source: str, proc: str, since: datetime) -> Counter[bytes]:
    """Count the rows of exactly this source and proc that are not older, without their newlines."""
    head, found, oldest = f" {source}[{proc}]: ".encode(), Counter[bytes](), since.isoformat().encode()
    for number in numbers(folder):
        try:
            whole = path(folder, number).read_bytes()
        except FileNotFoundError:
            continue
        lines = whole[: whole.rfind(b"\n") + 1].split(b"\n")
        found.update(line for line in lines if line >= oldest and line[line.find(b" ") :].startswith(head))
    return found
