"""What builds printed, kept in `builds/ID.log` of the app's folder, and followed while they run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from localku.clock import Clock
from localku.errors import worded

MAXIMUM = 4 * 1024 * 1024
"""Bytes kept of the start of one build's output (own; Heroku keeps 300 MB, devcenter "Limits", January 2025)."""

LAST = 500
"""Lines kept of its end where it is longer than that: there a build says why it failed."""

LEFT_OUT = "[%d lines are not kept]"
CHUNK = 65536
LOOK = 0.1
"""Seconds between two looks at the output of a build that still runs."""


class Output:
    """Takes the lines of one build as they come. Close it."""

    def __init__(self, file: Path, maximum: int = MAXIMUM, last: int = LAST) -> None:
        self._file: BinaryIO | None = None
        with suppress(OSError):
            file.parent.mkdir(mode=0o700, exist_ok=True)
            self._file = file.open("wb", buffering=0)
        self._room = maximum
        self._end: deque[bytes] = deque(maxlen=last)
        self._over = 0

    def write(self, line: str) -> None:
        """Keep one line; a full disk costs the output and not the build."""
        text = worded(line).encode("utf-8", "replace") + b"\n"
        if self._over or len(text) > self._room:
            self._over += 1
            self._end.append(text)
            return
        self._room -= len(text)
        self._put(text)

    def close(self) -> None:
        if left_out := self._over - len(self._end):
            self._put(f"{LEFT_OUT % left_out}\n".encode())
        self._put(b"".join(self._end))
        if self._file is not None:
            self._file.close()

    def _put(self, text: bytes) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.write(text)


def end(file: Path, lines: int) -> tuple[str, ...]:
    """Return so many of its last lines; none where it was not kept."""
    with suppress(OSError), file.open(errors="replace") as stream:
        return tuple(line.rstrip("\n") for line in deque(stream, maxlen=lines))
    return ()


def pieces(file: Path, clock: Clock, is_running: Callable[[], bool]) -> Iterator[bytes]:
    """Yield what there is, and what comes while the build runs; nothing (b"") after a look that finds no more."""
    with file.open("rb") as stream:
        while True:
            goes_on = is_running()
            while chunk := stream.read(CHUNK):
                yield chunk
            if not goes_on:
                return
            clock.sleep(LOOK)
            yield b""
