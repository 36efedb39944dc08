"""The log of one app: written by many processes, read by many terminals."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from localku.clock import Clock, SystemClock
from localku.errors import LocalkuError
from localku.logs.bookmark import Bookmark, forget_all_but
from localku.logs.cursor import Cursor, Position, before_history, end
from localku.logs.growth import Growth
from localku.logs.line import LogLine, encoded, matches, parse
from localku.logs.reader import Reader
from localku.logs.segments import HISTORY_LINES, Appender

if TYPE_CHECKING:
    from localku.logs.log_session import Filter, LogSession

AT_ONCE = 2_000
"""Lines that a follower takes into memory at the same time."""


class AppLog:
    """The log kept in `folder`, which is created at the first write (mode 0700).

    Any number of threads and processes may write and read at the same time.
    The last 1,500 lines survive dynos, restarts and `kill -9`; what a reader may be behind
    without missing a line is 64 MB.
    """

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()
        self._appender = Appender(folder)

    def write(self, source: str, proc: str, message: str | bytes, time: datetime | None = None) -> None:
        """Append a message, one log line per line of it, split after 10,000 bytes as Logplex does.

        `time` must be aware; without it the clock's. Raises LocalkuError if the
        disk does not take the lines.
        """
        self.write_all(source, proc, [(time or self._clock.now(), message)])

    def write_all(self, source: str, proc: str, said: Iterable[tuple[datetime, str | bytes]]) -> None:
        """Append many messages, each with its time, in one go; otherwise as `write`."""
        self.write_rows([row for moment, message in said for row in encoded(moment, source, proc, message)])

    def write_rows(self, rows: list[bytes]) -> None:
        """Append lines that are rendered already, each without its newline; otherwise as `write`."""
        try:
            self._appender.append(rows)
        except OSError as error:
            raise LocalkuError(
                f"The log in {self._folder} cannot be written: {error.strerror}.",
                "Check the free space and the permissions of that folder.",
            ) from error

    def history(self, n: int = 100, source: str | None = None, proc: str | None = None) -> list[LogLine]:
        """The last `n` lines, at most 1,500, that pass the filters; oldest first."""
        reader = Reader(self._folder, self._clock, before_history(self._folder))
        try:
            return _last(n, reader.read(), source, proc)
        finally:
            reader.close()

    def cursor(self, start: Position) -> Cursor:
        """Read from a place on that was remembered."""
        return Cursor(self._folder, start)

    def recent(self) -> Cursor:
        """Read from the history on: the last 1,500 lines, and some before them."""
        return Cursor(self._folder, before_history(self._folder))

    def growth(self) -> Growth:
        """Ask from now on whether it has grown."""
        return Growth(self._folder)

    def end(self) -> Position:
        """The place after the newest line."""
        return end(self._folder)

    def bookmark(self, container: str) -> Bookmark:
        """How far the output of a container has come into this log."""
        return Bookmark(self._folder, container, self._appender.newest)

    def forget_all_but(self, containers: frozenset[str]) -> None:
        """Forget how far the output of all other containers has come."""
        forget_all_but(self._folder, containers)

    def session(self, wanted: Filter, place: str = "") -> LogSession:
        """Read for a client that says itself how far it has come."""
        from localku.logs.log_session import LogSession  # of all who have a log, only the API needs it

        return LogSession(self._folder, self._clock, wanted, place)

    def follow(
        self,
        n: int = 0,
        source: str | None = None,
        proc: str | None = None,
        stop: threading.Event | None = None,
        poll: float = 0.1,
    ) -> Iterator[LogLine]:
        """Yield the last `n` lines and then every new one, whichever process writes it.

        "New" counts from this call, not from the first `next`. The log is looked
        at every `poll` seconds. When `stop` is set, what was written before that
        is still yielded and the iterator ends.
        """
        reader = Reader(self._folder, self._clock, before_history(self._folder) if n else end(self._folder))
        recent = _last(n, reader.read(), source, proc)
        return _tail(reader, recent, (source, proc), stop or threading.Event(), poll)


def _tail(
    reader: Reader,
    recent: list[LogLine],
    wanted: tuple[str | None, str | None],
    stop: threading.Event,
    poll: float,
) -> Iterator[LogLine]:
    try:
        yield from recent
        while True:
            stopping = stop.is_set()
            rows = reader.read(AT_ONCE)
            yield from _select(rows, *wanted)
            if not rows:
                if stopping:
                    return
                stop.wait(poll)
    finally:
        reader.close()


def _last(n: int, rows: list[bytes], source: str | None, proc: str | None) -> list[LogLine]:
    if n <= 0:
        return []
    return list(_select(rows[-HISTORY_LINES:], source, proc))[-n:]


def _select(rows: Iterable[bytes], source: str | None, proc: str | None) -> Iterator[LogLine]:
    for row in rows:
        try:
            line = parse(row.decode("utf-8", "replace"))
        except LocalkuError:
            continue  # the beginning of a line whose writer was killed: there is nothing to show
        if matches(line, source, proc):
            yield line
