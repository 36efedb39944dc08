"""Requests over a kept connection, which are answered without a task, and whatever can come between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from router_kit import OK, STEADY, Client, Dyno, Handler, Reader, World, Writer, heard, request, start, wait_until

from localku.clock import SystemClock
from localku.router.backends import Dynos
from localku.router.client_connection import ClientConnection
from localku.router.connection import READ_AHEAD, Connection
from localku.router.http1.origin import Caller
from localku.router.router_limits import Limits
from localku.router.router_server import RouterThread
from localku.router.router_state import RouterState
from localku.router.routing.routes import AppState, Backend, Route

MakeDyno = Callable[..., Dyno]
Piece = bytes | float
"""What a dyno sends, and how long it waits before it sends on."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
PAUSE = 0.03
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


def sends(*pieces: Piece, more: bool = True) -> Handler:
    """Answers the first request of a connection with `OK`, and each later one with these; then it goes, or not."""

    async def handler(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        while True:
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                if isinstance(piece, float):
                    await asyncio.sleep(piece)
                else:
                    writer.write(piece)
            if not more:
                return

    return handler


def ready(world: World, client: Client, fake: Dyno) -> None:
    """Have a connection to the dyno kept."""
    world.up(fake)
    assert client.get("/first").body == b"ok"


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"abcdef"],
        [HEAD, PAUSE, b"abcdef"],
        [HEAD, PAUSE, b"abc", PAUSE, b"def"],
        [HEAD + b"ab", PAUSE, b"cdef"],
    ],
)
def test_a_response_of_known_length_needs_no_task(
    world: World, client: Client, dyno: MakeDyno, woken: list[str], pieces: list[Piece]
) -> None:
    fake = dyno(sends(*pieces))
    ready(world, client, fake)
    for number in range(3):
        assert client.get(f"/{number}").body == b"abcdef"
    assert woken == ["/first"]
    assert [one.target for one in heard(fake.heard[0])] == ["/first", "/0", "/1", "/2"]
    wait_until(lambda: len(world.lines) == 4)
    fields = world.fields(4)
    assert (fields["status"], fields["connect"], fields["dyno"], fields["path"]) == ("200", "0ms", "web.1", "/2")
    assert int(fields["bytes"]) > len(b"abcdef")


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([CHUNKED], b"ok"),
        ([HEAD[:20], PAUSE, HEAD[20:] + b"abcdef"], b"abcdef"),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b""),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], b""),
        ([b"HTTP/1.1 103 Early Hints\r\n\r\n", HEAD + b"abcdef"], b"abcdef"),
    ],
)
def test_any_other_response_is_passed_on_by_the_task(
    world: World, client: Client, dyno: MakeDyno, pieces: list[Piece], body: bytes
) -> None:
    fake = dyno(sends(*pieces))
    ready(world, client, fake)
    assert [client.get().body for _ in range(3)] == [body] * 3
    assert len(fake.heard) == 1
    wait_until(lambda: len(world.lines) == 4)


def test_requests_sent_ahead_are_answered_in_turn(world: World, client: Client, dyno: MakeDyno) -> None:
    fake = dyno(sends(HEAD, PAUSE, b"abcdef"))
    ready(world, client, fake)
    client.send(request("/1"))
    client.send(request("/2")[:10])
    assert client.reply().body == b"abcdef"
    client.send(request("/2")[10:] + request("/3"))
    assert [client.reply().body for _ in range(2)] == [b"abcdef"] * 2
    assert [one.target for one in heard(fake.heard[0])] == ["/first", "/1", "/2", "/3"]


def test_a_dyno_that_goes_before_it_answers_is_asked_again(world: World, client: Client, dyno: MakeDyno) -> None:
    fake = dyno(sends(more=False))
    ready(world, client, fake)
    assert client.get("/again").body == b"ok"
    assert [one.target for raw in fake.heard for one in heard(raw)] == ["/first", "/again", "/again"]


@pytest.mark.parametrize("part", [HEAD[:20], HEAD, HEAD + b"abc"])
def test_a_dyno_that_goes_in_the_middle_is_h18(world: World, client: Client, dyno: MakeDyno, part: bytes) -> None:
    fake = dyno(sends(part, PAUSE, more=False))
    ready(world, client, fake)
    client.send(request())
    assert world.fields(2)["code"] == "H18"
    assert client.socket.recv(1000)


@pytest.mark.parametrize("part", [b"", HEAD, HEAD + b"abc"])
def test_a_client_that_goes_is_h27(
    world: World, router: RouterThread, client: Client, dyno: MakeDyno, part: bytes
) -> None:
    fake = dyno(sends(part, 30.0))
    ready(world, client, fake)
    client.send(request())
    wait_until(lambda: len(heard(fake.heard[0])) == 2)
    client.reset()
    assert world.fields(2)["code"] == "H27"
    with Client(router.port) as other:
        assert other.get().body == b"ok", "of the dyno's connection nothing is left"


def test_a_response_that_does_not_begin_is_h12(world: World, hurried: Client, dyno: MakeDyno) -> None:
    fake = dyno(sends(30.0))
    ready(world, hurried, fake)
    assert hurried.get().status == 503
    assert world.fields(2)["code"] == "H12"
    assert hurried.get("/next").body == b"ok", "the client's connection goes on"


def test_a_response_that_does_not_go_on_is_h15(world: World, hurried: Client, dyno: MakeDyno) -> None:
    fake = dyno(sends(HEAD + b"abc", 30.0))
    ready(world, hurried, fake)
    hurried.send(request())
    assert hurried.everything().endswith(b"\r\n\r\nabc")
    assert world.fields(2)["code"] == "H15"


def test_a_response_that_is_none_is_h17(world: World, client: Client, dyno: MakeDyno) -> None:
    fake = dyno(sends(b"HTTP/1.1 banana\r\n\r\n"))
    ready(world, client, fake)
    assert client.get().status == 503
    assert world.fields(2)["code"] == "H17"


def test_too_many_in_flight_are_h11(world: World, dyno: MakeDyno) -> None:
    running = start(world, limits=replace(STEADY, in_flight_per_dyno=1))
    try:
        with Client(running.port) as client, Client(running.port) as other:
            fake = dyno(sends(0.3, HEAD + b"abcdef"))
            ready(world, client, fake)
            client.send(request())
            wait_until(lambda: len(heard(fake.heard[0])) == 2)
            assert other.get().status == 503
            assert world.fields(2)["code"] == "H11"
            assert client.reply().body == b"abcdef"
            assert other.get().body == b"abcdef"
    finally:
        running.stop()


def test_a_router_that_ends_answers_with_h24(world: World, dyno: MakeDyno) -> None:
    running = start(world)
    with Client(running.port) as client:
        fake = dyno(sends(30.0))
        ready(world, client, fake)
        client.send(request())
        wait_until(lambda: len(heard(fake.heard[0])) == 2)
        running.stop()
        assert client.reply().status == 503
    assert world.fields(2)["code"] == "H24"


def test_a_client_that_does_not_read_is_not_answered_for_ever(world: World, dyno: MakeDyno) -> None:
    body = b"x" * 200_000
    running = start(world, limits=replace(STEADY, response_buffer=100_000))
    try:
        with Client(running.port) as client:
            ready(world, client, dyno(sends(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)))
            sent = 1
            while _comes(lambda: len(world.lines) >= sent):  # noqa: B023 - called at once
                assert sent < 200, "what it has not read is made on and on"
                client.send(request())
                sent += 1
            for _ in range(sent - 1):
                assert client.reply().body == body
            assert client.get().body == body
    finally:
        running.stop()


def _comes(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 0.5
    while not true() and time.monotonic() < until:
        time.sleep(0.002)
    return true()


class Paper(asyncio.Transport):
    """Takes down what is written to it, and whether it is read from."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.reads = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def can_write_eof(self) -> bool:
        return True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...
    def close(self) -> None: ...
    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def test_a_connection_that_was_left_alone_is_read_from_again() -> None:
    async def run() -> tuple[bool, bool, bytes]:
        limits, papers = Limits(), (Paper(), Paper())
        client, dyno = Connection(1000), Connection(1000)
        client.connection_made(papers[0])
        dyno.connection_made(papers[1])
        world, place = World(), Backend("web.1", "127.0.0.1", 1)
        world.apps["app.localhost"] = Route("app", AppState.UP, (place,))
        state = RouterState(world, world, limits, SystemClock(), Dynos(limits, asyncio.get_running_loop().time))
        dyno.data_received(b"x" * (READ_AHEAD + 1))
        dyno.buffer.clear()
        left_alone = not papers[1].reads
        state.dynos.keep(("app", place), dyno)
        talking = asyncio.create_task(ClientConnection(state, client, Caller("127.0.0.1", 1), tls=False).run())
        await asyncio.sleep(0)
        client.data_received(request())
        dyno.data_received(OK)
        talking.cancel()
        return left_alone, papers[1].reads, papers[0].written

    left_alone, reads, written = asyncio.run(run())
    assert left_alone
    assert reads
    assert written.endswith(b"\r\n\r\nok"), "in these very callbacks"


def test_a_host_that_nobody_has_keeps_the_connection(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(sends()))
    assert [client.get(host="other.localhost").status for _ in range(2)] == [404, 404]
    assert client.get().body == b"ok"
    assert world.asked == ["other.localhost", "other.localhost", "app.localhost"]


def test_the_client_has_its_time_again_after_each_answer(world: World, dyno: MakeDyno) -> None:
    limits = replace(Limits(), client_keep_alive=1.0, linger=0.0)
    running = start(world, limits=limits)
    try:
        with Client(running.port) as client:
            fake = dyno(sends(0.5, HEAD + b"abcdef"))
            ready(world, client, fake)
            for _ in range(3):
                assert client.get().body == b"abcdef"
            assert client.closed(), "in the end it has sent nothing for long enough"
    finally:
        running.stop()
