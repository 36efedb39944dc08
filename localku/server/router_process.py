"""The router as a process of the server: one event loop for all apps, on every port that the parent holds."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Callable, Sequence

from localku.context import Context
from localku.errors import LocalkuError
from localku.router.router_limits import raise_file_limit
from localku.router.router_server import Router, fastest_loop
from localku.router.routing.table import StoreRoutes, store_log
from localku.router.tls import certificates
from localku.router.tls.server_names import ServerNames
from localku.server.parent.link import Closing, Link, Opened

AGAIN = 10.0
"""Real seconds until certificates that could not be made are tried again; own."""

_log = logging.getLogger(__name__)


def main(context: Context, link: Link, sockets: Sequence[socket.socket], ring: Callable[[str], None]) -> None:
    """Serve these listening sockets, and those that `link` brings, until SIGTERM, or until the parent is gone.

    `context` is this process's own. `ring` is called with the UUID of a sleeping app that is asked for.
    """
    gc.freeze()  # to look through what is imported already would hold the loop for many milliseconds
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a terminal goes to the parent, too
    raise_file_limit()
    with asyncio.Runner(loop_factory=fastest_loop()) as runner:
        runner.run(_Serving(context, link, ring).run(sockets))


class _Serving:
    def __init__(self, context: Context, link: Link, ring: Callable[[str], None]) -> None:
        self._context = context
        self._link = link
        self._routes = StoreRoutes(context, ring)
        self._router = Router(self._routes, store_log(context), clock=context.clock)
        self._ended = asyncio.Event()
        self._securing: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None

    async def run(self, sockets: Sequence[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ended.set)
        self._routes.refresh()  # all apps, before anybody waits for it
        await self._secure()
        await self._router.start(list(sockets))
        loop.add_reader(self._link.fileno(), self._hear)
        await self._ended.wait()
        if self._again is not None:
            self._again.cancel()
        await self._router.close()
        await loop.run_in_executor(None, self._router.log.close)

    def _hear(self) -> None:
        told = self._link.received()
        if told is None:
            asyncio.get_running_loop().remove_reader(self._link.fileno())
            self._ended.set()
        for one in told or ():
            self._follow(one)

    def _follow(self, told: Opened | Closing) -> None:
        if isinstance(told, Opened):
            self._router.open(told.sockets)
            return
        self._router.shut(told.port)
        with contextlib.suppress(OSError):  # the parent is gone: `received` is about to say so
            self._link.closed(told.port)

    async def _secure(self) -> None:
        """Have the router serve HTTPS, now or as soon as there are certificates for it."""
        loop = asyncio.get_running_loop()
        try:
            self._router.tls = await loop.run_in_executor(None, self._certificates)
        except (LocalkuError, OSError) as error:
            _log.warning("no HTTPS: there are no certificates: %s", error)
            self._again = loop.call_later(AGAIN, self._secure_again)

    def _secure_again(self) -> None:
        self._securing = asyncio.get_running_loop().create_task(self._secure())

    def _certificates(self) -> ServerNames:
        names = tuple(f"{app.name}.localhost" for app in self._context.store.apps.all())
        return certificates.context(self._context.home / "tls", names, self._context.clock, self._routes)
