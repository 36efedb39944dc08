"""The logs as a process of the server: drains, and the doctor's watch, of all apps that are up."""

from __future__ import annotations

import select
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from localku.context import Context
from localku.server.log_readers import LogReaders
from localku.server.parent.link import Link
from localku.signal_event import SignalEvent

if TYPE_CHECKING:
    from localku.logs.drains.couriers import Couriers
    from localku.records import App

BUSY, IDLE = 0.1, 0.5
"""Real seconds between two looks at the logs, while some of them grow and while none does."""

CALM = 5.0
"""Real seconds after which a log that has grown is one that does not; own."""

LOOK = 0.5
"""Real seconds between two looks at the store."""


def main(context: Context, link: Link, couriers: Callable[[App], Couriers]) -> None:
    """Read on until SIGTERM, or until the parent is gone. `context` is this process's own.

    `couriers` makes what carries an app's log to its drains.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a terminal goes to the parent, too
    ended = SignalEvent()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    readers = LogReaders(context, couriers)
    try:
        _follow(readers, link, ended)
    finally:
        readers.close()


def _follow(readers: LogReaders, link: Link, ended: SignalEvent) -> None:
    grew_at = next_look = 0.0
    while True:
        now = time.monotonic()
        if now >= next_look:
            next_look = now + LOOK
            readers.follow()
        if readers.read():
            grew_at = now
        pause = BUSY if now - grew_at < CALM else IDLE
        heard, _, _ = select.select([ended.fileno(), link.fileno()], [], [], pause)
        if ended.fileno() in heard or (heard and link.received() is None):
            return
