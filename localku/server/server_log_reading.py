"""Reads the server's log, over its several files, and follows it."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from localku.control.server_program import log_file
from localku.server.server_log import FILES, older

LOOK = 0.2


Place = tuple[int, int]
"""Number of the file's inode, and how much of it was read."""


def last(home: Path, number: int) -> tuple[list[str], Place]:
    """The last lines, oldest first, and where they end."""
    found: deque[str] = deque(maxlen=number)
    place = (0, 0)
    for file in (*(older(log_file(home), age) for age in reversed(range(1, FILES))), log_file(home)):
        with suppress(FileNotFoundError), file.open("rb") as opened:
            told = opened.read()
            found.extend(told.decode(errors="replace").splitlines())
            place = (os.fstat(opened.fileno()).st_ino, len(told))
    return list(found), place


def follow(home: Path, place: Place) -> Iterator[str]:
    """What is written after that, line by line, for ever; also by the next server."""
    rest = b""
    while True:
        more, place = _read(log_file(home), place)
        *lines, rest = (rest + more).split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)
        if not more:
            time.sleep(LOOK)


def _read(file: Path, place: Place) -> tuple[bytes, Place]:
    """What comes after a place: first the rest of the file that is an older one meanwhile."""
    inode, offset = place
    for one in (older(file, 1), file):
        with suppress(FileNotFoundError), one.open("rb") as opened:
            if os.fstat(opened.fileno()).st_ino == inode and (more := _from(opened, offset)):
                return more, (inode, offset + len(more))
    with suppress(FileNotFoundError), file.open("rb") as opened:
        now = os.fstat(opened.fileno()).st_ino
        if now != inode:
            more = _from(opened, 0)
            return more, (now, len(more))
    return b"", place


def _from(opened: BinaryIO, offset: int) -> bytes:
    opened.seek(offset)
    return opened.read()
