"""One client connection: its requests, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from localku.router import answers
from localku.router.connection import Connection
from localku.router.deadlines import Deadlines
from localku.router.direct_request import DirectRequest
from localku.router.http1.bodies import take
from localku.router.http1.http_lines import END, Malformed
from localku.router.http1.origin import Caller, Origin
from localku.router.http1.request import BadRequest, Request, parse, scanner
from localku.router.proxied_request import ProxiedRequest
from localku.router.router_state import NoSuchApp, RouterState

P = TypeVar("P", bound=ProxiedRequest)


@dataclass
class ClientConnection:
    """`http2` is the TLS version where `client` is a stream of an HTTP/2 connection: it carries one request.

    `heard` is called when a request has come, or something else instead of one.
    """

    state: RouterState
    client: Connection
    caller: Caller
    tls: bool
    crowded: bool = False  # one connection too many
    http2: str | None = None
    heard: Callable[[], None] = lambda: None
    _silent: bool = field(default=True, init=False)  # nothing has been heard yet
    _deadlines: Deadlines = field(init=False)
    _due: float = field(default=0.0, init=False)  # when what is waited for is late; 0 where that is not known yet
    _direct: DirectRequest | None = field(default=None, init=False)  # what is under way without the task

    def __post_init__(self) -> None:
        self._deadlines = Deadlines(self.state.limits, self.client)

    async def run(self) -> None:
        """Serve the client until it or a response ends the connection. Requests sent ahead wait their turn."""
        try:
            while await self._one() and self.http2 is None:
                pass
        finally:
            self._deadlines.close()
            self.client.close(self.state.limits.idle)

    async def _one(self) -> bool:
        try:
            request = await self._request()
        except BadRequest as bad:
            self.client.write(answers.bad_request(bad))
            self._heard()
            await self._linger()
            return False
        except asyncio.CancelledError:
            if self._direct is not None:
                self._direct.stopped()
            elif self.client.buffer:
                self.client.write(answers.stopped())
            raise
        if self._silent:
            self._heard()
        if request is None:
            return False
        try:
            proxied, self._direct = self._direct or self._proxied(request, ProxiedRequest), None
            again = await proxied.run(crowded=self.crowded) and not self.crowded
        except NoSuchApp:
            again = self._no_such_app(request)
        if not again:
            await self._linger()
        return again

    def _heard(self) -> None:
        self._silent = False
        self.heard()

    def _proxied(self, request: Request, make: Callable[..., P]) -> P:
        address, port = self.caller
        route = self.state.route(request.host, port)
        origin = Origin(address, self.tls, self.state.clock.now(), self.http2, port)
        return make(self.state, self.client, self._deadlines, request, origin, route)

    def _no_such_app(self, request: Request) -> bool:
        bodiless = b"content-length" not in request.values and b"transfer-encoding" not in request.values
        again = request.keep_alive and bodiless
        self.client.write(answers.no_such_app(request, keep_alive=again))
        return again

    async def _request(self) -> Request | None:
        """The next request that needs this task, or None if the client sends none. Raises BadRequest."""
        limits = self.state.limits
        buffer = self.client.buffer
        find = scanner(limits)
        began, self._due = False, 0.0
        try:
            while self._direct is None:
                if self.client.jammed:  # a client that sends ahead reads before it is answered again
                    await self.client.eased(limits.idle)
                _skip_blank_lines(buffer)
                if buffer and (end := find.end(buffer)):
                    self._deadlines.stop()
                    return parse(take(buffer, end), limits)
                now = self.state.dynos.time()
                if not self._due or (buffer and not began):  # blank lines win no time
                    began = bool(buffer)
                    self._wait(limits.client_head if began else limits.client_keep_alive)
                elif now >= self._due:  # the deadline rang at the moment a piece came
                    raise TimeoutError  # noqa: TRY301
                if not await self._fill(at_once=not began):
                    break
        except Malformed as bad:
            raise BadRequest(bad.reason) from bad
        except TimeoutError:
            if began and self._direct is None:
                raise BadRequest("the head of the request did not arrive in time", 408) from None
        return None if self._direct is None else self._direct.request

    def _wait(self, seconds: float) -> None:
        self._due = self.state.dynos.time() + seconds
        self._deadlines.set(self._due, self.client.expire)

    async def _fill(self, *, at_once: bool) -> bool:
        """Wait for more; with `at_once`, whole requests that come meanwhile may be answered without this task."""
        if at_once and self.http2 is None and not self.crowded:
            self.client.on_bytes = self._take
        try:
            return await self.client.fill()
        finally:
            self.client.on_bytes = None

    def _take(self) -> bool:
        """Begin a request that needs no task; whether that, or one before it, is under way."""
        if self._direct is not None:
            return True
        buffer = self.client.buffer
        if not buffer.endswith(END) or buffer.find(END) != len(buffer) - len(END):
            return False
        try:
            request = parse(bytes(buffer), self.state.limits)
        except BadRequest:
            return False  # the task will say so
        if not (request.plain and request.keep_alive):
            return False
        buffer.clear()
        if self._silent:
            self._heard()
        try:
            self._direct = self._proxied(request, DirectRequest)
        except NoSuchApp:
            self._no_such_app(request)
            self._answered()
            return True
        return self._direct.begin(self._answered)

    def _answered(self) -> None:
        """The request is answered, and the task sleeps on if the next one has not come yet."""
        self._direct = None
        if self.client.buffer or self.client.jammed:
            self._due = 0.0
            self.client.wake()
        else:
            self._wait(self.state.limits.client_keep_alive)

    async def _linger(self) -> None:
        """Read what a client is still sending, so that it can read the answer before the reset."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.state.limits.linger
        self.client.finish()
        try:
            while not self.client.ended and (left := until - loop.time()) > 0:
                self.client.buffer.clear()
                await self.client.fill(left)
        except TimeoutError:
            return


def _skip_blank_lines(buffer: bytearray) -> None:
    """RFC 9112 §2.2: what some clients send after a body."""
    while buffer.startswith(b"\r\n"):
        del buffer[:2]
