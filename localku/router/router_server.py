"""The router, and the router in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from localku.clock import Clock, SystemClock
from localku.router import listener
from localku.router.backends import Dynos
from localku.router.client_connection import ClientConnection
from localku.router.connection import Connection
from localku.router.hosts import peer
from localku.router.router_limits import Limits
from localku.router.router_state import RouterState
from localku.router.routes import RouterLog, Routes
from localku.router.tls import alpn

T = TypeVar("T")


class Router:
    """Serves every app behind `routes` on one port, over HTTP and, with a `tls` context, over HTTPS.

    Lives in one event loop. `tls` may be replaced at any time; new connections use the new one.
    """

    def __init__(
        self,
        routes: Routes,
        log: RouterLog,
        *,
        limits: Limits | None = None,
        clock: Clock | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.tls = tls
        self._limits = limits or Limits().scaled((clock or SystemClock()).scale)
        self._clock = clock or SystemClock()
        self._routes = routes
        self.log = log
        self._state: RouterState | None = None
        self._doors: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting: list[asyncio.Task[None]] = []

    async def start(self, host: str = "localhost", port: int = 0) -> int:
        """Listen on `host` (`localhost`: IPv4 and IPv6) and return the port. Raises LocalkuError."""
        loop = asyncio.get_running_loop()
        self._state = RouterState(self._routes, self.log, self._limits, self._clock, Dynos(self._limits, loop.time))
        self._doors = listener.listen(host, port)
        self._accepting = [loop.create_task(listener.accept(door, self._take)) for door in self._doors]
        return int(self._doors[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening, let requests in flight finish for `Limits.shutdown`, and end the rest with H24."""
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        for door in self._doors:
            door.close()
        if self._state is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._state.quiet.wait(), self._limits.shutdown)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._state.dynos.close()

    def _take(self, made: socket.socket, address: str) -> None:
        crowded = len(self._tasks) >= self._limits.client_connections
        task = asyncio.get_running_loop().create_task(self._serve(made, address, crowded=crowded))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, made: socket.socket, address: str, *, crowded: bool) -> None:
        if self._state is None:
            raise RuntimeError("start() comes first")
        greeted = await listener.greet(made, self.tls, self._limits)
        if greeted is not None:
            client, secure = greeted
            await self._talk(self._state, client, peer(address), secure=secure, crowded=crowded)

    @staticmethod
    async def _talk(state: RouterState, client: Connection, address: str, *, secure: bool, crowded: bool) -> None:
        tls_version = alpn.http2(client) if secure else None
        if tls_version is None:
            await ClientConnection(state, client, address, secure, crowded=crowded).run()
            return
        from localku.router.http2.session import Session

        await Session(state, client, address, tls_version, crowded=crowded).run()


class RouterThread:
    """A router that runs; every method may be called from any thread."""

    def __init__(self, router: Router, host: str, port: int, loop: asyncio.AbstractEventLoop) -> None:
        self._router = router
        self._loop = loop
        self._thread = threading.Thread(target=self._run, name="router", daemon=True)
        self._thread.start()
        try:
            self.port = self._call(router.start(host, port)).result()
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        """Close the router and wait until its thread has ended. May be called twice."""
        if self._thread.is_alive():
            self._call(self._router.close()).result()
            self._end()
            self._router.log.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def run_in_thread(
    routes: Routes,
    log: RouterLog,
    *,
    host: str = "localhost",
    port: int = 0,
    limits: Limits | None = None,
    clock: Clock | None = None,
    tls: ssl.SSLContext | None = None,
    new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> RouterThread:
    """Start a router in its own thread and event loop. Raises LocalkuError if it cannot listen."""
    router = Router(routes, log, limits=limits, clock=clock, tls=tls)
    return RouterThread(router, host, port, (new_loop or fastest_loop())())


def fastest_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    """Choose uvloop's event loop where it is installed: it takes up to a quarter less time for a request."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made
