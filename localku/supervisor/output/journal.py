"""The app's log as its supervisor writes it: where the disk is full, lines are lost and counted, and dynos run on."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.logs.app_log import AppLog
    from localku.logs.bookmark import Bookmark


class Journal:
    """Safe to use from all the threads that carry output."""

    def __init__(self, log: AppLog) -> None:
        self._log = log
        self._lost = 0
        self._is_closed = False
        self._lock = threading.Lock()

    def write(self, source: str, proc: str, message: str | bytes, time: datetime | None = None) -> None:
        """Append, or lose the message: Heroku's Logplex drops what it cannot keep too (L10)."""
        with self._lock:
            if self._is_closed:
                return
            try:
                self._own_up()
                self._log.write(source, proc, message, time)
            except LocalkuError:
                self._lost += 1

    def rows(self, rows: list[bytes], *, lose: bool = False) -> bool:
        """Append rows that are rendered already; False where they cannot be written, and are not to be lost."""
        with self._lock:
            if self._is_closed:
                return False
            try:
                self._own_up()
                self._log.write_rows(rows)
            except LocalkuError:
                self._lost += len(rows) if lose else 0
                return lose
        return True

    def close(self) -> None:
        """Take no more from whoever is late: the app has another supervisor from now on."""
        with self._lock:
            self._is_closed = True

    def bookmark(self, container: str) -> Bookmark:
        """How far the output of a container has come into the log."""
        return self._log.bookmark(container)

    def forget_all_but(self, containers: frozenset[str]) -> None:
        """Forget how far the output of all other containers has come."""
        self._log.forget_all_but(containers)

    def _own_up(self) -> None:
        if self._lost:
            self._log.write("localku", "log", f"{self._lost} messages were lost here: they could not be written")
            self._lost = 0
