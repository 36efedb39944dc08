"""Keeps one courier per drain of a running app, as drains come and go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.logs.drains.courier import Courier, Post

if TYPE_CHECKING:
    from localku.store.records import Drain

EVERY = 0.5
"""Real seconds between two looks at the store."""

PATIENCE = 5.0
"""Real seconds that stopping waits for receivers; what they have not got then they get at the next start."""


class Couriers(threading.Thread):
    """`drains` lists the drains the app has at that moment."""

    def __init__(self, post: Post, drains: Callable[[], tuple[Drain, ...]]) -> None:
        super().__init__(name="drains", daemon=True)
        self._post = post
        self._drains = drains
        self._couriers: dict[str, Courier] = {}
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        """Send the end of the log and end."""
        self._stop_asked.set()
        self.join(PATIENCE + 1)

    def run(self) -> None:
        while True:
            self._look()
            if self._stop_asked.wait(EVERY):
                break
        self._look()
        leaving = list(self._couriers.values())
        for courier in leaving:
            courier.stop()
        deadline = time.monotonic() + PATIENCE
        for courier in leaving:
            courier.join(max(0.0, deadline - time.monotonic()))

    def _look(self) -> None:
        try:
            wanted = {drain.id: drain for drain in self._drains()}
        except LocalkuError:
            return  # the store is busy: those of a moment ago go on
        for ident in self._couriers.keys() - wanted.keys():
            self._couriers.pop(ident).dismiss()
        for ident in wanted.keys() - self._couriers.keys():
            self._couriers[ident] = Courier(self._post, wanted[ident])
            self._couriers[ident].start()
