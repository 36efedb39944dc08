"""Serves the API on listening sockets, in a thread of its own: HTTP and TLS on one port, as the first byte says."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from localku.api import wire
from localku.machine.first_bytes import TLS_HANDSHAKE, peek

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

FIRST_BYTE_SECONDS = 60.0
KEEP_ALIVE_SECONDS = 60
END_SECONDS = 5.0
"""Real seconds; for a client to say anything, between two requests of one, and for answers at the end."""

PAUSE = 0.2
"""Until the next attempt where there are no descriptors left."""

_log = logging.getLogger(__name__)

Secure = Callable[[], Awaitable[ssl.SSLContext]]


class ApiServer:
    """`secure` makes the context of TLS; called in the thread that serves."""

    def __init__(self, application: ASGIApp, sockets: Iterable[socket.socket], secure: Secure) -> None:
        self._config = uvicorn.Config(
            application,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._sockets = tuple(sockets)
        self._secure = secure
        self._state = ServerState()
        self._loop = asyncio.new_event_loop()
        self._coming: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="api", daemon=True)

    def start(self) -> None:
        if self._sockets:
            self._thread.start()

    def stop(self) -> None:
        """Let nobody in any more; who waits for an answer gets it, if that takes no longer than a few seconds."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(END_SECONDS)

    @property
    def is_busy(self) -> bool:
        """Whether anybody waits for an answer."""
        return bool(self._state.tasks)

    @property
    def requests(self) -> int:
        """How many have been answered."""
        return self._state.total_requests

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._config.load()
        accepting = [self._loop.create_task(self._accept(one)) for one in self._sockets]
        try:
            self._loop.run_forever()
            for one in accepting:
                one.cancel()
            for connection in list(self._state.connections):
                connection.shutdown()
            self._loop.run_until_complete(self._answered())
        finally:
            self._loop.close()

    async def _answered(self) -> None:
        if self._state.connections and self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=END_SECONDS)

    async def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                made, _ = await self._loop.sock_accept(listening)
            except OSError:
                _log.exception("no client of the API can connect")
                await asyncio.sleep(PAUSE)
                continue
            task = self._loop.create_task(self._greet(made))
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def _greet(self, made: socket.socket) -> None:
        made.setblocking(False)  # noqa: FBT003
        try:
            async with asyncio.timeout(FIRST_BYTE_SECONDS):
                first = await peek(made, 1, bool)
            secure = await self._secure() if first == TLS_HANDSHAKE else None
            if first:
                await self._loop.connect_accepted_socket(self._protocol, made, ssl=secure)
                return
        except (OSError, TimeoutError) as error:  # the client's failure, and nobody's request
            _log.debug("a client of the API went away: %s", error)
        made.close()

    def _protocol(self) -> asyncio.Protocol:
        return _Protocol(self._config, self._state, {}, self._loop)


class _Protocol(H11Protocol):
    """A connection that is the `Wire` of its requests."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, object],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        served = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[wire.NAME] = self
            await served(scope, receive, send)

        self.app = app

    def end_with_connection(self) -> None:
        self.conn.their_http_version = b"1.0"  # h11 would send chunks (RFC 9112, 6.3)

    def promise(self) -> None:
        if self.conn.our_state is h11.SEND_RESPONSE and not self.transport.is_closing():
            told = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
            self.transport.write(self.conn.send(told) or b"")
