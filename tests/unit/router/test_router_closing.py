"""Dynos that close each connection, as gunicorn's `sync` workers do: a short answer needs no task either."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest
from router_kit import Client, Dyno, Handler, Reader, World, Writer, heard, request, start, wait_until

from localku.clock import SystemClock
from localku.router.backends import Dynos
from localku.router.client_connection import ClientConnection
from localku.router.connection import READ_AHEAD, Connection
from localku.router.http1.origin import Caller
from localku.router.opening import connecting
from localku.router.router_limits import Limits
from localku.router.router_server import RouterThread, fastest_loop
from localku.router.router_state import RouterState
from localku.router.routing.routes import AppState, Backend, Route

MakeDyno = Callable[..., Dyno]
Piece = bytes | float
"""What a dyno sends, and how long it waits before it sends on."""
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\n"
PAUSE = 0.03


@pytest.fixture(params=[asyncio.new_event_loop, fastest_loop()], ids=["asyncio", "fastest"])
def router(world: World, request: pytest.FixtureRequest) -> Iterator[RouterThread]:
    running = start(world, new_loop=request.param)
    yield running
    running.stop()


def sends(*pieces: Piece) -> Handler:
    """Answers one request with these, and goes."""

    async def handler(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            if isinstance(piece, float):
                await asyncio.sleep(piece)
            else:
                writer.write(piece)

    return handler


@pytest.mark.parametrize(
    "pieces", [[HEAD + b"abcdef"], [HEAD, PAUSE, b"abcdef"], [HEAD + b"ab", PAUSE, b"cd", PAUSE, b"ef"]]
)
def test_a_short_response_needs_no_task(
    world: World, client: Client, dyno: MakeDyno, woken: list[str], pieces: list[Piece]
) -> None:
    fake = dyno(sends(*pieces))
    world.up(fake)
    for number in range(3):
        assert client.get(f"/{number}").body == b"abcdef"
    assert woken == []
    assert [one.target for raw in fake.heard for one in heard(raw)] == ["/0", "/1", "/2"]
    wait_until(lambda: len(world.lines) == 3)
    fields = world.fields(3)
    assert (fields["status"], fields["dyno"], fields["path"]) == ("200", "web.1", "/2")
    assert fields["connect"].endswith("ms")
    assert int(fields["bytes"]) > len(b"abcdef")


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([HEAD[:20], PAUSE, HEAD[20:] + b"abcdef"], b"abcdef"),
        ([b"HTTP/1.0 200 OK\r\n\r\nuntil the end"], b"until the end"),
        ([b"HTTP/1.0 200 OK\r\n\r\n", PAUSE, b"until", PAUSE, b" the end"], b"until the end"),
        ([b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"], b""),
        ([b"HTTP/1.1 103 Early Hints\r\n\r\n", HEAD + b"abcdef"], b"abcdef"),
        ([HEAD.replace(b"6", b"3000000"), b"x" * 3_000_000], b"x" * 3_000_000),
        ([HEAD.replace(b"6", b"%d" % READ_AHEAD), PAUSE, b"x" * READ_AHEAD], b"x" * READ_AHEAD),
    ],
)
def test_any_other_response_comes_whole(
    world: World, client: Client, dyno: MakeDyno, pieces: list[Piece], body: bytes
) -> None:
    fake = dyno(sends(*pieces))
    world.up(fake)
    assert client.get().body == body
    if not pieces[0].startswith(b"HTTP/1.0"):  # type: ignore[union-attr] - whose end is the connection's
        assert client.get().body == body
    wait_until(lambda: len(world.lines) == len(fake.heard))


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        ([], "H13"),
        ([HEAD[:20]], "H18"),
        ([HEAD[:20], PAUSE], "H18"),
        ([HEAD + b"abc"], "H18"),
        ([HEAD, PAUSE, b"abc", PAUSE], "H18"),
        ([b"HTTP/1.1 banana\r\n\r\n"], "H17"),
        ([HEAD.replace(b"6", b"six")], "H25"),
    ],
)
def test_a_dyno_that_goes_too_soon_or_answers_wrongly(
    world: World, client: Client, dyno: MakeDyno, pieces: list[Piece], code: str
) -> None:
    world.up(dyno(sends(*pieces)))
    client.send(request())
    assert client.socket.recv(1000)
    assert world.fields()["code"] == code


@pytest.mark.parametrize("part", [b"", HEAD, HEAD + b"abc"])
def test_a_client_that_goes_is_h27(world: World, client: Client, dyno: MakeDyno, part: bytes) -> None:
    fake = dyno(sends(part, 30.0))
    world.up(fake)
    client.send(request())
    wait_until(lambda: bool(fake.heard and heard(fake.heard[0])))
    client.reset()
    assert world.fields()["code"] == "H27"


@pytest.mark.parametrize(("part", "code"), [(b"", "H12"), (HEAD + b"abc", "H15")])
def test_a_dyno_that_takes_too_long(world: World, hurried: Client, dyno: MakeDyno, part: bytes, code: str) -> None:
    world.up(dyno(sends(part, 30.0)))
    hurried.send(request())
    assert hurried.socket.recv(1000)
    assert world.fields()["code"] == code


class Slow(socket.socket):
    """Its connection is under way for a while."""

    result: ClassVar[int] = 0
    made: ClassVar[list[Slow]] = []

    def connect_ex(self, address: object) -> int:
        super().connect_ex(address)  # type: ignore[arg-type]
        self.made.append(self)
        return errno.EINPROGRESS

    def getsockopt(self, *_: object) -> int:  # type: ignore[override]
        return self.result


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> type[Slow]:
    class Slower(Slow):
        made: ClassVar[list[Slow]] = []

    monkeypatch.setattr(connecting.socket, "socket", Slower)
    return Slower


def test_a_connection_that_takes_a_moment_is_waited_for(
    world: World, client: Client, dyno: MakeDyno, woken: list[str], slow: type[Slow]
) -> None:
    fake = dyno(sends(HEAD + b"abcdef"))
    world.up(fake)
    assert [client.get(path).body for path in ("/1", "/2")] == [b"abcdef"] * 2
    assert "/2" in woken, "the first one may have come before its connection was listened to"
    assert len(fake.heard) == len({id(one) for one in slow.made}) == 2, "and no second one is begun"


def test_one_that_comes_to_nothing_is_h21(
    world: World, client: Client, dyno: MakeDyno, slow: type[Slow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow, "result", errno.EHOSTUNREACH)
    world.up(dyno(sends(HEAD + b"abcdef")))
    assert client.get().status == 503
    assert world.fields()["code"] == "H21"


class Nothing(asyncio.Transport):
    """Takes what is written to it."""

    def write(self, data: bytes | bytearray | memoryview) -> None: ...
    def can_write_eof(self) -> bool:
        return True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def test_of_a_client_that_goes_while_its_connection_is_under_way_nothing_is_left(slow: type[Slow]) -> None:
    async def run(port: int) -> str:
        limits, client = Limits(linger=0.0), Connection(1000)
        client.connection_made(Nothing())
        world = World()
        world.apps["app.localhost"] = Route("app", AppState.UP, (Backend("web.1", "127.0.0.1", port),))
        state = RouterState(world, world, limits, SystemClock(), Dynos(limits, asyncio.get_running_loop().time))
        talking = asyncio.create_task(ClientConnection(state, client, Caller("127.0.0.1", 1), tls=False).run())
        await asyncio.sleep(0)
        client.data_received(request())
        client.connection_lost(None)
        await talking
        state.close()
        return world.lines[0][1]

    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        slow.made.clear()
        assert "code=H27" in asyncio.run(run(port))
    assert slow.made
    assert all(one.fileno() == -1 for one in slow.made)


def test_a_router_that_ends_answers_with_h24(
    world: World, router: RouterThread, client: Client, dyno: MakeDyno
) -> None:
    fake = dyno(sends(30.0))
    world.up(fake)
    client.send(request())
    wait_until(lambda: bool(fake.heard and heard(fake.heard[0])))
    router.stop()
    assert client.reply().status == 503
    assert world.fields()["code"] == "H24"
