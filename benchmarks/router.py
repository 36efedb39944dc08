"""How much the router costs: requests through it against requests to the dyno directly.

    python benchmarks/router.py [seconds per measurement]

The dyno is a few lines of asyncio that answer with constant bytes, in a process of its own; so is the
load. On a machine with fewer than three free cores they take time from each other.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from localku.router.routes import AppState, Backend, Route
from localku.router.server import run_in_thread

SMALL = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!"
MEGABYTE = b"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + b"x" * 1048576
GET = (
    b"GET /path?query=1 HTTP/1.1\r\nHost: app.localhost\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
    b"Accept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\nAccept-Encoding: gzip, br\r\n"
    b"Cookie: sessionid=0123456789abcdef0123456789abcdef; csrftoken=0123456789abcdef\r\n"
)
SMALL_KEPT, SMALL_CLOSED = GET + b"\r\n", GET + b"Connection: close\r\n\r\n"


class Answers(asyncio.Protocol):
    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            self._transport.write(self._answer)
            if b"\r\nConnection: close" in head:
                self._transport.close()


def dyno(answer: bytes, pipe: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Answers(answer), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


class Load(asyncio.Protocol):
    """One client: a request, its whole response, the next request."""

    def __init__(self, request: bytes, body: int, done: Callable[[float], None]) -> None:
        self._request = request
        self._body = body
        self._done = done
        self._left = 0
        self._began = 0.0
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport
        self._next()

    def _next(self) -> None:
        self._began = time.perf_counter()
        self._head, self._left = b"", -1
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._left = self._body - (len(self._head) - end - 4)
        else:
            self._left -= len(data)
        if self._left == 0:
            self._done(time.perf_counter() - self._began)
            self._next()


async def one_each(port: int, request: bytes, times: list[float], until: float) -> None:
    while time.perf_counter() < until:
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        await reader.read()
        writer.close()
        times.append(time.perf_counter() - began)


def load(port: int, case: Case, seconds: float, pipe: Connection) -> None:
    times: list[float] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        if case.request == SMALL_CLOSED:
            until = time.perf_counter() + seconds
            await asyncio.gather(*(one_each(port, case.request, times, until) for _ in range(case.clients)))
            return
        for _ in range(case.clients):
            await loop.create_connection(lambda: Load(case.request, case.body, times.append), "127.0.0.1", port)
        await asyncio.sleep(seconds)

    asyncio.run(run())
    times.sort()
    pipe.send((len(times) / seconds, times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000))


@dataclass(frozen=True)
class Case:
    name: str
    answer: bytes
    request: bytes
    body: int
    clients: int


CASES = (
    Case("13 bytes, 1 client", SMALL, SMALL_KEPT, 13, 1),
    Case("13 bytes, 32 clients", SMALL, SMALL_KEPT, 13, 32),
    Case("13 bytes, 32 clients, new connections", SMALL, SMALL_CLOSED, 13, 32),
    Case("1 MB, 8 clients", MEGABYTE, SMALL_KEPT, 1048576, 8),
)


@dataclass
class World:
    port: int
    lines: int = 0

    def find(self, host: str) -> Route | None:
        return Route("app", AppState.UP, (Backend("web.1", "127.0.0.1", self.port),)) if host else None

    def line(self, app: str, message: str) -> None:
        self.lines += bool(app and message)


def measure(port: int, case: Case, seconds: float) -> tuple[float, float, float]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=load, args=(port, case, seconds, theirs))
    process.start()
    found: tuple[float, float, float] = ours.recv()
    process.join()
    return found


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    print(f"{'':40}{'requests/s':>12}{'median ms':>12}{'p99 ms':>10}{'of direct':>12}")
    for case in CASES:
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.get_context("spawn").Process(target=dyno, args=(case.answer, theirs))
        server.start()
        port = ours.recv()
        router = run_in_thread(world := World(port), world, host="127.0.0.1")
        direct, through = measure(port, case, seconds), measure(router.port, case, seconds)
        router.stop()
        server.terminate()
        server.join()
        for name, (rate, median, p99) in (("direct", direct), ("through the router", through)):
            share = "" if name == "direct" else f"{rate / direct[0]:>11.0%}"
            print(f"{case.name + ', ' + name:60}"[:60].replace(case.name + ", ", case.name + ": "), end="")
            print(f"{rate:>8.0f}{median:>10.2f}{p99:>10.2f}{share}")


if __name__ == "__main__":
    main()
