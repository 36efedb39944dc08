"""Connections to dynos: opened, kept for the next request, and dynos that are left alone for a while."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from localku.router.codes import H19, H21, Failed
from localku.router.connection import Connection
from localku.router.opening.bare_sockets import BareSockets
from localku.router.opening.connecting import Attempt
from localku.router.opening.new_connection import NewConnection
from localku.router.router_limits import Limits
from localku.router.routing.routes import Backend

Key = tuple[str, Backend]  # app and dyno: an address may be another app's tomorrow
_OUR_OWN_FAULT = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


@dataclass
class Dynos:
    """What one router knows about dynos, from its own connections to them."""

    limits: Limits
    time: Callable[[], float]
    _quarantined: dict[Key, float] = field(default_factory=dict)
    _kept: dict[Key, list[Connection]] = field(default_factory=dict)
    _sweeper: asyncio.TimerHandle | None = None
    _bare: BareSockets | None = None

    def available(self, key: Key) -> bool:
        """Whether the dyno is not in quarantine."""
        until = self._quarantined.get(key) if self._quarantined else None
        if until is None:
            return True
        if until > self.time():
            return False
        del self._quarantined[key]
        return True

    async def open(self, key: Key, begun: Attempt | None = None) -> NewConnection:
        """Connect, or go on with that. Raises Failed with H19 or H21 and puts the dyno into quarantine."""
        backend = key[1]
        try:
            attempt = begun or Attempt(backend.host, backend.port)
            made = await attempt.finished(self.limits.connect)
        except TimeoutError as error:
            self._quarantine(key)
            raise Failed(H19) from error
        except OSError as error:
            if error.errno in _OUR_OWN_FAULT:
                raise
            self._quarantine(key)
            raise Failed(H21) from error
        return self.opened(made)

    def opened(self, made: socket.socket) -> NewConnection:
        if self._bare is None:
            self._bare = BareSockets()
        return NewConnection(made, self._bare)

    def _quarantine(self, key: Key) -> None:
        self._quarantined[key] = self.time() + self.limits.quarantine

    def reuse(self, key: Key, youngest: float) -> Connection | None:
        """A kept connection that was in use less than `youngest` seconds ago, if there is one."""
        kept = self._kept.get(key)
        while kept:
            one = kept.pop()
            one.on_end = None
            if one.ended or one.buffer or self.time() - one.activity >= youngest:
                one.abort()
                continue
            return one
        return None

    def keep(self, key: Key, connection: Connection) -> None:
        """Hold on to a connection whose last response is complete."""
        connection.activity = self.time()
        connection.on_end = connection.abort
        self._kept.setdefault(key, []).append(connection)
        if self._sweeper is None:
            self._arm()

    def close(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
        for kept in self._kept.values():
            for one in kept:
                one.abort()
        self._kept.clear()
        if self._bare is not None:
            self._bare.close()
            self._bare = None

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweeper = loop.call_later(self.limits.dyno_keep_alive / 10, self._sweep)

    def _sweep(self) -> None:
        oldest = self.time() - self.limits.dyno_keep_alive
        for key, kept in list(self._kept.items()):
            stays = [one for one in kept if not one.ended and one.activity > oldest]
            for one in kept:
                if one not in stays:
                    one.abort()
            self._kept[key] = stays
            if not stays:
                del self._kept[key]
        self._sweeper = None
        if self._kept:
            self._arm()
