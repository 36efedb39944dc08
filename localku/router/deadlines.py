"""How long a client connection waits for what: its next request, the first byte of an answer, any byte at all."""

from __future__ import annotations

import asyncio

from localku.router.codes import H12, H15, H28, Code, Failed
from localku.router.connection import Connection
from localku.router.deadline import Deadline
from localku.router.interruptible import Interruptible
from localku.router.router_limits import Limits

_TICKS = 20  # per idle window: how often a slow reader's progress is looked at


class Deadlines(Deadline):
    """One wait at a time, each in place of the one before. What waits is interrupted with the H-code of what ran out.

    In the idle window, bytes that come in are seen to the millisecond. That a slow client takes what we
    have buffered is seen at the next tick, which can only make the window longer, never shorter.
    """

    def __init__(self, limits: Limits, client: Connection) -> None:
        super().__init__()
        self._limits = limits
        self._client = client
        self._time = asyncio.get_running_loop().time
        self._dyno: Connection
        self._interruptible: Interruptible
        self._moved = 0.0
        self._unsent = (0, 0)
        self.for_first_byte = False  # that is what is waited for
        self.uploading = False  # the next byte is the client's to send

    def stop(self) -> None:
        self.for_first_byte = False
        self.clear()

    def first_byte(self, interruptible: Interruptible) -> None:
        """Wait for the dyno to begin its answer: H12. Where that is waited for already, nothing changes."""
        if not self.for_first_byte:
            self.for_first_byte = True
            self._interruptible = interruptible
            self.set(self._time() + self._limits.first_byte, self._late)

    def _late(self) -> None:
        self._interruptible.interrupt(Failed(H12))

    def movement(self, dyno: Connection, interruptible: Interruptible, *, uploading: bool) -> None:
        """Wait for a byte in either direction, again and again: H15 or H28."""
        self._dyno, self._interruptible, self.uploading = dyno, interruptible, uploading
        self.for_first_byte = False
        self._moved = self._time()
        self._unsent = (0, 0)
        self._wait(self._moved, self._limits.idle)

    def _wait(self, now: float, left: float) -> None:
        wait = min(left, self._limits.idle / _TICKS) if self._jammed() else left
        self.set(now + wait, self._look_at_movement)

    def _jammed(self) -> bool:
        return self._client.jammed or self._dyno.jammed or self._unsent != (0, 0)

    def _look_at_movement(self) -> None:
        now = self._time()
        unsent = (self._client.unsent(), self._dyno.unsent())
        if unsent != self._unsent:
            self._moved = now
            self._unsent = unsent
        last = max(self._moved, self._client.activity, self._dyno.activity)
        left = last + self._limits.idle - now
        if left <= 0:
            self._interruptible.interrupt(Failed(self._blame()))
            return
        self._wait(now, left)

    def _blame(self) -> Code:
        waiting_for_client = self._client.jammed or (self.uploading and not self._dyno.jammed)
        return H28 if waiting_for_client else H15
