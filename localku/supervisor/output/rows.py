"""From the frames of a container's output to rows of the app's log."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from localku.engine.output import HEAD
from localku.logs.assembler import Assembler
from localku.logs.line import CHUNK_BYTES, messages

MICROSECONDS = slice(HEAD, HEAD + 26)
"""Where a frame has its time in the form `2024-06-05T11:12:35.048384`; three digits more, `Z` and a space follow."""

AFTER_TIME = slice(HEAD + 29, HEAD + 31)
TEXT = slice(HEAD + 31, None)

_TIME = re.compile(rb"(\S+) ")


class RowMaker(Protocol):
    """Makes rows of a log of what a container prints. The same frames from the same beginning make the same rows."""

    def of(self, frames: list[bytes]) -> list[bytes]:
        """Return the rows that these frames complete."""

    def rest(self) -> list[bytes]:
        """Return the lines without a newline that the output ended with."""


class Rows:
    """Puts the lines of one dyno together. The same frames from the same beginning always make the same rows."""

    def __init__(self, proc: str) -> None:
        self._head = f"+00:00 app[{proc}]: ".encode()
        self._lines = {1: Assembler(), 2: Assembler()}
        self._moment = b""

    def of(self, frames: list[bytes]) -> list[bytes]:
        """Return the rows that these frames complete."""
        rows: list[bytes] = []
        for frame in frames:
            moment, text = apart(frame)
            lines = self._lines[frame[0]]
            if lines.idle and len(text) <= CHUNK_BYTES and text.isascii() and text.endswith(b"\n"):
                rows.append(moment + self._head + text[:-1].rstrip(b"\r"))
            else:
                rows += [row for line in lines.feed(text) for row in self._cut(moment, line)]
            self._moment = moment
        return rows

    def rest(self) -> list[bytes]:
        """Return the lines without a newline that the output ended with."""
        begun = [line for lines in self._lines.values() for line in lines.flush()]
        return [row for line in begun for row in self._cut(self._moment, line)]

    def _cut(self, moment: bytes, line: bytes) -> list[bytes]:
        return [moment + self._head + text.encode() for text in messages(line)]


MakeRows = Callable[[str], RowMaker]
"""Makes one for a proc of the log, each time from the beginning."""


def apart(frame: bytes) -> tuple[bytes, bytes]:
    """Take the time of a frame, to the microsecond and without its zone, and the text apart."""
    return (frame[MICROSECONDS], frame[TEXT]) if frame[AFTER_TIME] == b"Z " else _apart(frame)


def _apart(frame: bytes) -> tuple[bytes, bytes]:
    """Take a frame apart whose time is written in another form of RFC 3339 than Docker's."""
    found = _TIME.match(frame, HEAD)
    try:
        moment = datetime.fromisoformat(found[1].decode()).astimezone(UTC) if found else None
    except ValueError:
        moment = None
    if moment is None or found is None:
        return datetime.now(UTC).isoformat(timespec="microseconds")[:26].encode(), frame[HEAD:]
    return moment.isoformat(timespec="microseconds")[:26].encode(), frame[found.end() :]
