"""The server goes when nobody needs it: a while after nothing is wanted, and nobody is connected or was just now.

It goes at once when its state folder is gone, whatever was wanted there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localku import locks
from localku.control.starting import start_lock
from localku.errors import LocalkuError
from localku.server.control_listener import Listener

SECONDS = 30.0
"""Real ones."""

LOOKS = 10
"""In that time."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Uses:
    """`is_needed`: somebody wants something just now. `requests` counts what was asked beside commands, ever."""

    is_needed: Callable[[], bool]
    requests: Callable[[], int]


class IdleEnd:
    """`end` has the server end; it is called while nobody can start another one, and blocks until this process goes."""

    def __init__(
        self,
        home: Path,
        listener: Listener,
        uses: Uses,
        end: Callable[[], None],
        seconds: float = SECONDS,
    ) -> None:
        self._home = home
        self._listener = listener
        self._uses = uses
        self._end = end
        self._seconds = seconds

    def start(self) -> None:
        threading.Thread(target=self._watch, name="idle-end", daemon=True).start()

    def _watch(self) -> None:
        quiet_since, seen = time.monotonic(), 0
        while True:
            time.sleep(self._seconds / LOOKS)
            before, seen = seen, self._listener.greeted + self._uses.requests()
            if not self._home.is_dir():
                _log.warning("the state folder %s is gone", self._home)
                self._end()
                return
            if seen != before or self._listener.connections or self._needed():
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since >= self._seconds and self._try():
                return

    def _try(self) -> bool:
        """Look once more while nobody can start a server, and end; whoever comes too late starts a new one."""
        try:
            with locks.held(start_lock(self._home), "Somebody is about to need the server."):
                if self._needed() or not self._listener.close_if_quiet():
                    return False
                _log.info("nobody needs the server")
                self._end()
                threading.Event().wait()  # the lock is held to the end of this process
        except locks.Busy:
            return False
        return True

    def _needed(self) -> bool:
        try:
            return self._uses.is_needed()
        except LocalkuError as error:  # who cannot tell stays
            _log.warning("%s", error.text())
            return True
