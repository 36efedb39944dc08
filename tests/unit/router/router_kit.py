"""A router on a loopback port, dynos that do what a test tells them, and clients on raw sockets."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

import h11

from localku.router.router_limits import Limits
from localku.router.router_server import RouterThread, run_in_thread
from localku.router.routing.routes import AppState, Backend, Route

FAST = Limits().scaled(50)  # 30 s become 0.6, 55 s become 1.1, 75 s become 1.5
# Heroku's own limits: a busy machine must not run into them where a test is not about time.
STEADY = replace(Limits(), linger=0.04, shutdown=0.05, first_request=0.05)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Handler = Callable[[Reader, Writer], Awaitable[None]]


class Loop:
    """An event loop in a thread, for fake dynos."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Recorder(asyncio.StreamReader):
    def __init__(self, heard: bytearray) -> None:
        super().__init__()
        self._heard = heard

    def feed_data(self, data: Any) -> None:
        self._heard.extend(data)
        super().feed_data(data)


class Dyno:
    """A server on loopback; `heard` has what each connection sent, in order of arrival."""

    def __init__(self, loop: Loop, handler: Handler, name: str = "web.1", port: int = 0) -> None:
        self.name = name
        self.heard: list[bytearray] = []
        self.gone: list[bool] = []
        self._handler = handler
        self._loop = loop
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server = loop.run(self._listen(port))
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _listen(self, port: int) -> asyncio.Server:
        def protocol() -> asyncio.StreamReaderProtocol:
            self.heard.append(bytearray())
            return asyncio.StreamReaderProtocol(Recorder(self.heard[-1]), self._serve)

        return await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)

    async def _serve(self, reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            self.gone.append(True)
        finally:
            writer.close()
            self._tasks.discard(task)

    @property
    def backend(self) -> Backend:
        return Backend(self.name, "127.0.0.1", self.port)

    def call(self, function: Callable[[], Any]) -> None:
        """Call something in the event loop of the dyno."""
        self._loop.loop.call_soon_threadsafe(function)

    def refuse(self) -> None:
        """Listen no longer; connections stay. For `call`."""
        self._server.close()

    def stop(self) -> None:
        async def end() -> None:
            self._server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.sleep(0)

        self._loop.run(end())


@dataclass
class World:
    """Routes and log of a router under test."""

    apps: dict[str, Route] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    ports: set[int] = field(default_factory=set)
    closed: bool = False

    def find(self, host: str, port: int) -> Route | None:
        self.asked.append(host)
        self.ports.add(port)
        return self.apps.get(host)

    def line(self, app: str, message: str) -> None:
        self.lines.append((app, message))

    def close(self) -> None:
        self.closed = True

    def up(self, *dynos: Dyno, **more: Any) -> None:
        self.apps["app.localhost"] = Route(
            "app", AppState.UP, tuple(one.backend for one in dynos), web_dynos=len(dynos), **more
        )

    def state(self, state: AppState, **more: Any) -> None:
        self.apps["app.localhost"] = Route("app", state, name="app", **more)

    def wait_line(self, number: int = 1) -> str:
        """The `number`-th line, once it is there."""
        wait_until(lambda: len(self.lines) >= number)
        return self.lines[number - 1][1]

    def fields(self, number: int = 1) -> dict[str, str]:
        """The `key=value` pairs of the `number`-th line, without quotes."""
        found = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)', self.wait_line(number))
        return {key: value.strip('"') for key, value in found}


class Client:
    """A raw socket that writes bytes and reads whole responses with h11."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), timeout=5)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._left = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def get(self, path: str = "/", *headers: str, method: str = "GET", host: str = "app.localhost") -> Reply:
        self.send(request(path, *headers, method=method, host=host))
        return self.reply(method)

    def reply(self, method: str = "GET") -> Reply:
        """Read one response, with h11 as the judge of where it ends."""
        parser = h11.Connection(h11.CLIENT)
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "x"), ("Connection", "close")]))
        parser.send(h11.EndOfMessage())
        reply = Reply()
        body = bytearray()  # adding to `bytes` would copy all of it each time
        if self._left:
            parser.receive_data(self._left)
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                parser.receive_data(self.socket.recv(65536))
            elif isinstance(event, h11.InformationalResponse):
                reply.interim.append(event.status_code)
            elif isinstance(event, h11.Response):
                reply.status, reply.reason = event.status_code, event.reason.decode()
                reply.headers = [(k.decode(), v.decode()) for k, v in event.headers]
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._left = parser.trailing_data[0]
                reply.body = bytes(body)
                return reply
            else:
                raise AssertionError(event)

    def read(self, size: int) -> bytes:
        """The next `size` bytes. (MSG_WAITALL does not wait on a socket that has a timeout.)"""
        found = bytearray()
        while len(found) < size:
            piece = self.socket.recv(size - len(found))
            assert piece, f"the connection ended after {len(found)} bytes of {size}"
            found += piece
        return bytes(found)

    def until(self, end: bytes) -> bytes:
        """All bytes up to `end`, which comes last."""
        found = bytearray()
        while not found.endswith(end):
            piece = self.socket.recv(65536)
            assert piece, f"the connection ended after {bytes(found)!r}"
            found += piece
        return bytes(found)

    def everything(self) -> bytes:
        """All bytes until the router closes the connection."""
        found = bytearray(self._left)
        try:
            while piece := self.socket.recv(65536):
                found += piece
        except ConnectionResetError:
            pass
        return bytes(found)

    def closed(self) -> bool:
        return self.everything() == b""

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Go away as a killed process does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.socket.close()


@dataclass
class Reply:
    status: int = 0
    reason: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    interim: list[int] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name.lower()]
        return ", ".join(found) if found else None


def request(path: str = "/", *headers: str, method: str = "GET", host: str = "app.localhost") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "\r\n"]).encode()


@dataclass
class Heard:
    """A request as h11, playing the dyno's server, understands it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name.lower()]
        return "|".join(found) if found else None


def heard(raw: bytes | bytearray) -> list[Heard]:
    """All requests in what a dyno received on one connection. Fails on anything h11 does not take."""
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(bytes(raw))
    found: list[Heard] = []
    while True:
        event = parser.next_event()
        if isinstance(event, h11.Request):
            headers = [(k.decode(), v.decode()) for k, v in event.headers]
            found.append(Heard(event.method.decode(), event.target.decode(), headers, b""))
        elif isinstance(event, h11.Data):
            found[-1].body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            if parser.their_state is h11.MUST_CLOSE:
                return found
            parser.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
            parser.send(h11.EndOfMessage())
            parser.start_next_cycle()
        else:
            return found


def says(response: bytes, *, close: bool = False) -> Handler:
    """A dyno that answers every request (without a body) with the same bytes."""

    async def handler(reader: Reader, writer: Writer) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(response)
            await writer.drain()
            if close:
                return

    return handler


def wait_until(true: Callable[[], bool], seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.005)


def start(world: World, **more: Any) -> RouterThread:
    usual: dict[str, Any] = {"host": "127.0.0.1", "limits": STEADY, "new_loop": asyncio.new_event_loop}
    return run_in_thread(world, world, **{**usual, **more})


class Domains:
    """Custom domains, as the router asks for them."""

    def __init__(self, *names: str) -> None:
        self.all = set(names)

    def names(self) -> tuple[str, ...]:
        return tuple(self.all)

    def knows(self, name: str) -> bool:
        return name in self.all or f"*.{name.partition('.')[2]}" in self.all
