"""The router, and the router in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from localku.clock import Clock, SystemClock
from localku.machine import listening
from localku.router import listener
from localku.router.backends import Dynos
from localku.router.client_connection import ClientConnection
from localku.router.connection import Connection
from localku.router.hosts import peer
from localku.router.http1.origin import Caller
from localku.router.router_limits import Limits
from localku.router.router_state import RouterState
from localku.router.routing.routes import RouterLog, Routes
from localku.router.tls import alpn
from localku.router.tls.server_names import ServerNames

T = TypeVar("T")


class Router:
    """Serves every app behind `routes` on each of its ports, over HTTP and, with `tls`, over HTTPS.

    Lives in one event loop. `tls` may be replaced at any time; new connections use the new one.
    """

    def __init__(
        self,
        routes: Routes,
        log: RouterLog,
        *,
        limits: Limits | None = None,
        clock: Clock | None = None,
        tls: ServerNames | None = None,
    ) -> None:
        self.tls = tls
        self._limits = limits or Limits().scaled((clock or SystemClock()).scale)
        self._clock = clock or SystemClock()
        self._routes = routes
        self.log = log
        self._state: RouterState | None = None
        self._doors: list[listener.Door] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._silent: set[asyncio.Future[None]] = set()
        """One for each connection whose first request has not come yet."""

    async def start(self, sockets: list[socket.socket]) -> int:
        """Serve what comes in at these listening sockets, which are closed with the router; return the first port."""
        loop = asyncio.get_running_loop()
        self._state = RouterState(self._routes, self.log, self._limits, self._clock, Dynos(self._limits, loop.time))
        self.open(sockets)
        return self._doors[0].port if self._doors else 0

    def open(self, sockets: Iterable[socket.socket]) -> None:
        """Serve what comes in at these, too."""
        self._doors += [listener.Door(one, self._take) for one in sockets]

    def shut(self, port: int) -> None:
        """Serve a port no longer, whoever else holds its sockets; whoever has connected by now is answered."""
        for door in [one for one in self._doors if one.port == port]:
            self._doors.remove(door)
            door.shut()

    async def close(self) -> None:
        """Stop listening, let requests in flight finish for `Limits.shutdown`, and end the rest with H24.

        Whoever has connected by now is answered, if the request comes within `Limits.first_request`.
        """
        for door in self._doors:
            door.close()
        if self._state is None:
            return
        if self._silent:
            await asyncio.wait(self._silent, timeout=self._limits.first_request)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._state.quiet(), self._limits.shutdown)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._state.close()

    def _take(self, made: socket.socket, address: str, port: int) -> None:
        crowded = len(self._tasks) >= self._limits.client_connections
        loop = asyncio.get_running_loop()
        first = loop.create_future()
        self._silent.add(first)
        first.add_done_callback(self._silent.discard)
        heard = partial(_settle, first)
        task = loop.create_task(self._serve(made, Caller(peer(address), port), heard, crowded=crowded))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(heard)

    async def _serve(self, made: socket.socket, caller: Caller, heard: Callable[[], None], *, crowded: bool) -> None:
        if self._state is None:
            raise RuntimeError("start() comes first")
        greeted = await listener.greet(made, self.tls, self._limits)
        if greeted is not None:
            client, secure = greeted
            await self._talk(self._state, client, caller, heard, secure=secure, crowded=crowded)

    @staticmethod
    async def _talk(
        state: RouterState,
        client: Connection,
        caller: Caller,
        heard: Callable[[], None],
        *,
        secure: bool,
        crowded: bool,
    ) -> None:
        tls_version = alpn.http2(client) if secure else None
        if tls_version is None:
            await ClientConnection(state, client, caller, secure, crowded=crowded, heard=heard).run()
            return
        from localku.router.http2.session import Session

        await Session(state, client, caller, tls_version, heard, crowded=crowded).run()


def _settle(first: asyncio.Future[None], _task: asyncio.Task[None] | None = None) -> None:
    if not first.done():
        first.set_result(None)


class RouterThread:
    """A router that runs; every method may be called from any thread."""

    def __init__(self, router: Router, sockets: list[socket.socket], loop: asyncio.AbstractEventLoop) -> None:
        self._router = router
        self._loop = loop
        self._thread = threading.Thread(target=self._run, name="router", daemon=True)
        self._thread.start()
        try:
            self.port = self._call(router.start(sockets)).result()
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
    sockets: list[socket.socket] | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
    tls: ServerNames | None = None,
    new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> RouterThread:
    """Start a router in its own thread and event loop.

    It serves `sockets`, or listens on `host` (`localhost`: IPv4 and IPv6) and `port`. Raises LocalkuError if it cannot.
    """
    router = Router(routes, log, limits=limits, clock=clock, tls=tls)
    return RouterThread(router, sockets or listening.listen(host, port), (new_loop or fastest_loop())())


def fastest_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    """Choose uvloop's event loop where it is installed: it takes up to a quarter less time for a request."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made
