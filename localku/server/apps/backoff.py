"""The pauses between attempts at what has failed: each twice as long as the last."""

from __future__ import annotations

import threading

FIRST, LONGEST = 1.0, 60.0
"""Real seconds."""


class Backoff:
    def __init__(self) -> None:
        self._next = FIRST

    def wait(self, woken: threading.Event) -> None:
        """Wait for the next attempt, or until somebody wants it now."""
        woken.wait(self._next)
        self._next = min(2 * self._next, LONGEST)

    def reset(self) -> None:
        """It has worked: the next pause is short again."""
        self._next = FIRST
