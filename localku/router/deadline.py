"""One timer for all the waits of a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Rings once, at a moment that may be put off at no cost.

    A request has several time limits, nearly none of which is ever reached. Where the event loop's timer
    comes too early it is set again; only an earlier moment than it was set for needs another one at once.
    """

    __slots__ = ("_armed", "_due", "_handle", "_loop", "_ring")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self._armed = 0.0
        self._due: float | None = None
        self._ring: Callable[[], None]

    def set(self, due: float, ring: Callable[[], None]) -> None:
        """Call `ring` at `due`, in the event loop's time, in place of what was set before."""
        self._due, self._ring = due, ring
        if self._handle is None or due < self._armed:
            self._arm(due)

    def clear(self) -> None:
        """Do not ring."""
        self._due = None

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _arm(self, due: float) -> None:
        self.close()
        self._armed = due
        self._handle = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._handle = None
        due = self._due
        if due is None:
            return
        if due > self._loop.time():
            self._arm(due)
        else:
            self._due = None
            self._ring()
