"""One courier per drain of an app, as drains come and go."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.logs.drains.courier import Courier, Post

if TYPE_CHECKING:
    from localku.records import Drain


class Couriers:
    """`drains` lists the drains the app has at that moment. Whoever has this sees when the log grows, and says so."""

    def __init__(self, post: Post, drains: Callable[[], tuple[Drain, ...]]) -> None:
        self._post = post
        self._drains = drains
        self._couriers: dict[str, Courier] = {}

    def look(self) -> None:
        """Begin with drains that are new, and have nothing more to do with those that are gone."""
        try:
            wanted = {drain.id: drain for drain in self._drains()}
        except LocalkuError:
            return  # the store is busy: those of a moment ago go on
        for ident in self._couriers.keys() - wanted.keys():
            self._couriers.pop(ident).dismiss()
        for ident in wanted.keys() - self._couriers.keys():
            self._couriers[ident] = Courier(self._post, wanted[ident])
            self._couriers[ident].start()

    def stir(self) -> None:
        """There is more in the log."""
        for courier in self._couriers.values():
            courier.stir()

    def stop(self) -> None:
        """Send what the log holds by now, if the receivers take it, and end; in threads that nobody waits for."""
        self.look()
        for courier in self._couriers.values():
            courier.stop()

    @property
    def ended(self) -> bool:
        return not any(courier.is_alive() for courier in self._couriers.values())

    def wait(self, until: float) -> None:
        """Wait for the end, at the longest until this moment of the monotonic clock."""
        for courier in self._couriers.values():
            courier.join(max(0.0, until - time.monotonic()))
