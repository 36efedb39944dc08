"""An event that a signal handler may set.

`threading.Event` may not be set there: a signal may come while the thread that handles it begins or ends to wait, and
holds the event's own lock.
"""

from __future__ import annotations

import os
import select
import weakref
from contextlib import suppress


class SignalEvent:
    """Once set it stays so. Every method may be called from any thread, and in a signal handler."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        weakref.finalize(self, _close, self._reading, self._writing)

    def set(self) -> None:
        with suppress(BlockingIOError):  # it is full: set, and more than once
            os.write(self._writing, b"\0")

    def is_set(self) -> bool:
        return self.wait(0)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set, at most so long; whether it is."""
        found, _, _ = select.select([self._reading], [], [], seconds)
        return bool(found)

    def fileno(self) -> int:
        """Readable when it is set."""
        return self._reading


def _close(*descriptors: int) -> None:
    for one in descriptors:
        os.close(one)
