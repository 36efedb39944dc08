"""Somebody else's HTTP: a dyno and a client whose whole understanding of the protocol is h11's."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import h11
from router_kit import FAST, Dyno, Loop, Reader, World, Writer, start

from localku.router.router_limits import Limits
from localku.router.router_server import RouterThread

HASTY = replace(FAST, client_keep_alive=0.3, client_head=0.3, idle=0.3, linger=0.02, shutdown=0.05)
"""For clients that leave the router waiting on purpose."""

Pairs = list[tuple[str, str]]


@dataclass
class Message:
    """A complete request or response as h11 read it; `first` is `METHOD target` or the status."""

    first: str
    headers: Pairs = field(default_factory=list)
    body: bytes = b""
    trailers: Pairs = field(default_factory=list)
    reason: str = ""
    interim: list[tuple[int, Pairs]] = field(default_factory=list)


def pairs(headers: Iterable[tuple[bytes, bytes]]) -> Pairs:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


@dataclass(repr=False)
class Judge:
    """A dyno that answers each complete request with its own `METHOD target`.

    `broken` has what h11 could not read, `interrupted` counts requests whose end never came.
    """

    requests: list[Message] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    interrupted: int = 0

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        server = h11.Connection(h11.SERVER)
        message = Message("")
        gone = False
        while True:
            try:
                event = server.next_event()
            except h11.RemoteProtocolError as bad:
                if gone:
                    self.interrupted += 1
                else:
                    self.broken.append(str(bad))
                return
            if event is h11.NEED_DATA:
                data = await reader.read(65536)
                gone = not data
                server.receive_data(data)
            elif isinstance(event, h11.Request):
                message = Message(f"{event.method.decode()} {event.target.decode()}", pairs(event.headers))
            elif isinstance(event, h11.Data):
                message.body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                message.trailers = pairs(event.headers)
                self.requests.append(message)
                writer.write(_answer(server, message.first))
                if server.our_state is not h11.DONE:
                    return
                server.start_next_cycle()
            else:
                return


def _answer(server: h11.Connection, first: str) -> bytes:
    body = first.encode("latin-1")
    head = h11.Response(status_code=200, reason=b"OK", headers=[("Content-Length", str(len(body)))])
    said = b"" if first.startswith("HEAD ") else body
    parts = [server.send(head), server.send(h11.Data(said)), server.send(h11.EndOfMessage())]
    return b"".join(part for part in parts if part)


@dataclass
class Court:
    """A router that has one dyno, the judge."""

    world: World
    judge: Judge
    router: RouterThread


@contextmanager
def court(limits: Limits = HASTY) -> Iterator[Court]:
    loop, world, judge = Loop(), World(), Judge()
    dyno = Dyno(loop, judge)
    world.up(dyno)
    router = start(world, limits=limits)
    try:
        yield Court(world, judge, router)
    finally:
        router.stop()
        dyno.stop()
        loop.stop()


def send_pieces(target: socket.socket, data: bytes, cuts: list[int]) -> None:
    """Send `data` cut at these offsets, each piece in a packet of its own, while the router takes any."""
    target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    at = 0
    with suppress(ConnectionError):
        for cut in [*sorted({one for one in cuts if 0 < one < len(data)}), len(data)]:
            target.sendall(data[at:cut])
            at = cut
            time.sleep(0)


def replies(target: socket.socket, methods: list[str], *, until: str | None = None) -> list[Message]:
    """What h11, as a client that sent `methods`, reads until the connection ends or a body is `until`.

    Fails on anything h11 refuses: each response must be complete, and nothing may come after the last.
    """
    found: list[Message] = []
    waiting = b""
    for method in methods:
        client = asked(method)
        if waiting:
            client.receive_data(waiting)
        message = _reply(client, target)
        if message is None:
            return found
        found.append(message)
        waiting, ended = client.trailing_data
        if until is not None and message.body == until.encode():
            break
        if ended:
            break
    assert waiting == b""
    return found


def _reply(client: h11.Connection, target: socket.socket) -> Message | None:
    begun = bool(client.trailing_data[0])

    def more() -> bytes:
        nonlocal begun
        data = _receive(target)
        if not data and not begun:
            raise EOFError
        begun = True
        return data

    try:
        return response(client, more)
    except EOFError:
        return None


def response(client: h11.Connection, more: Callable[[], bytes]) -> Message:
    """The response that h11 reads, from what it has and from `more`, which is empty at the end."""
    message = Message("")
    while True:
        event = client.next_event()
        if event is h11.NEED_DATA:
            client.receive_data(more())
        elif isinstance(event, h11.InformationalResponse):
            message.interim.append((event.status_code, pairs(event.headers)))
        elif isinstance(event, h11.Response):
            message.first, message.headers = str(event.status_code), pairs(event.headers)
            message.reason = event.reason.decode("latin-1")
        elif isinstance(event, h11.Data):
            message.body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            message.trailers = pairs(event.headers)
            return message
        else:
            raise AssertionError(event)


def asked(method: str) -> h11.Connection:
    """h11 as a client that has sent a request with this method."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    return client


def _receive(target: socket.socket) -> bytes:
    try:
        return target.recv(65536)
    except ConnectionResetError:
        return b""
