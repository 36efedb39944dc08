"""The rolling window in which something must move between client and dyno."""

from __future__ import annotations

import asyncio

from localku.router.alarm import Alarm
from localku.router.codes import H15, H28, Code, Failed
from localku.router.connection import Connection
from localku.router.guard import Guard

_TICKS = 20  # per window: how often a slow reader's progress is looked at


class IdleWatch:
    """Interrupts a guard with H15 (dyno) or H28 (client) after `window` seconds without a byte.

    Bytes that come in are seen to the millisecond. That a slow client takes what we have buffered
    is seen at the next tick, which can only make the window longer, never shorter. `alarm` is the
    connection's one timer: setting it for anything else ends the watch.
    """

    def __init__(self, window: float, client: Connection, alarm: Alarm) -> None:
        self._window = window
        self._client = client
        self._alarm = alarm
        self._time = asyncio.get_running_loop().time
        self._dyno: Connection
        self._guard: Guard
        self._moved = 0.0
        self._unsent = (0, 0)
        self.uploading = False  # the next byte is the client's to send

    def start(self, dyno: Connection, guard: Guard, *, uploading: bool) -> None:
        self._dyno, self._guard, self.uploading = dyno, guard, uploading
        self._moved = self._time()
        self._unsent = (0, 0)
        self._arm(self._moved, self._window)

    def _arm(self, now: float, left: float) -> None:
        wait = min(left, self._window / _TICKS) if self._jammed() else left
        self._alarm.set(now + wait, self._look)

    def _jammed(self) -> bool:
        return self._client.jammed or self._dyno.jammed or self._unsent != (0, 0)

    def _look(self) -> None:
        now = self._time()
        unsent = (self._client.unsent(), self._dyno.unsent())
        if unsent != self._unsent:
            self._moved = now
            self._unsent = unsent
        last = max(self._moved, self._client.activity, self._dyno.activity)
        left = last + self._window - now
        if left <= 0:
            self._guard.interrupt(Failed(self._blame()))
            return
        self._arm(now, left)

    def _blame(self) -> Code:
        waiting_for_client = self._client.jammed or (self.uploading and not self._dyno.jammed)
        return H28 if waiting_for_client else H15
