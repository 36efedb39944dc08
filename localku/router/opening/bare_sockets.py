"""Which sockets can be read, of those that the event loop does not look after."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable

_AT_ONCE = 64  # before others have their turn


class BareSockets:
    """One epoll set for all of them, which the event loop watches as if it were one socket.

    A socket that is read once costs two system calls here, and six in the event loop's own `add_reader`.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, Callable[[], None]] = {}
        self._epoll = select.epoll()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._epoll.fileno(), self._look)

    def add(self, descriptor: int, readable: Callable[[], None]) -> None:
        """Call `readable` whenever there is something to read, or the end, until `remove`, which comes before close."""
        self._epoll.register(descriptor, select.EPOLLIN)
        self._waiting[descriptor] = readable

    def remove(self, descriptor: int) -> None:
        del self._waiting[descriptor]
        self._epoll.unregister(descriptor)

    def close(self) -> None:
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    def _look(self) -> None:
        for descriptor, _ in self._epoll.poll(0, _AT_ONCE):
            readable = self._waiting.get(descriptor)
            if readable is not None:  # else one before it has removed it
                readable()
