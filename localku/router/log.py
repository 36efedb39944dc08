"""Router lines on their way to the log: taken at once, written together a moment later."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from queue import Empty, SimpleQueue

from localku.clock import Clock, SystemClock
from localku.errors import LocalkuError
from localku.logs.app_log import AppLog

PAUSE = 0.05
"""Seconds from one write to the next, so how late a line of a busy router may be; own."""

_log = logging.getLogger(__name__)
Lines = dict[str, list[tuple[datetime, str]]]


class BatchedLog:
    """Takes lines without waiting for the disk. A thread of its own writes each app's lines, in order.

    The first line after a quiet moment is written at once. `find` gives the log of an app, or None where
    the app is gone; it is called in that thread.
    """

    def __init__(self, find: Callable[[str], AppLog | None], clock: Clock | None = None) -> None:
        self._find = find
        self._clock = clock or SystemClock()
        self._waiting: SimpleQueue[tuple[str, datetime, str] | None] = SimpleQueue()
        self._logs: dict[str, AppLog] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="router-log", daemon=True)
        self._thread.start()

    def line(self, app: str, message: str) -> None:
        self._waiting.put((app, self._clock.now(), message))

    def close(self) -> None:
        """Return once every line taken so far is in the log. May be called twice."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            for app, lines in self._batch().items():
                self._write(app, lines)
            if not self._closed:
                time.sleep(PAUSE)

    def _batch(self) -> Lines:
        """Everything that waits, and at least one line."""
        found: Lines = {}
        one = self._waiting.get()
        with contextlib.suppress(Empty):
            while one is not None:
                app, moment, message = one
                found.setdefault(app, []).append((moment, message))
                one = self._waiting.get_nowait()
            self._closed = True
        return found

    def _write(self, app: str, lines: list[tuple[datetime, str]]) -> None:
        try:
            log = self._logs.get(app) or self._find(app)
            if log is not None:
                self._logs[app] = log
                log.write_all("heroku", "router", lines)
        except LocalkuError as error:
            _log.warning("%d lines of the router are lost: %s", len(lines), error.message)
