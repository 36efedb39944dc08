"""Bodies in both directions: framing, streaming, early answers, bounded memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from router_kit import OK, Client, Dyno, Reader, World, Writer, heard, request, says, wait_until

from localku.router.connection import READ_AHEAD, Connection
from localku.router.router_limits import Limits
from localku.router.routing.routes import AppState

MakeDyno = Callable[..., Dyno]


def counts(length: int) -> Any:
    """A dyno that reads a body of so many bytes and answers with their number."""

    async def handler(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        got = 0
        while got < length and (piece := await reader.read(65536)):
            got += len(piece)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%d" % (len(str(got)), got))

    return handler


def test_chunked_upload_passes_through(world: World, client: Client, dyno: MakeDyno) -> None:
    async def reads(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n0\r\n\r\n")
        writer.write(OK)

    fake = dyno(reads)
    world.up(fake)
    client.send(request("/", "Transfer-Encoding: chunked", method="POST"))
    for byte in b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n":
        client.send(bytes([byte]))
    assert client.reply("POST").body == b"ok"
    (seen,) = heard(fake.heard[0])
    assert seen.header("transfer-encoding") == "chunked"
    assert seen.body == b"hello world"


def test_chunked_response_passes_through(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(
        dyno(
            says(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                b"5;x\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"
            )
        )
    )
    reply = client.get()
    assert (reply.body, reply.header("transfer-encoding")) == (b"hello world", "chunked")
    client.send(request())
    client.until(b"0\r\nX-Sum: 1\r\n\r\n")


def test_pieces_are_not_held_back(world: World, client: Client, dyno: MakeDyno) -> None:
    seen = asyncio.Event()

    async def streams(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        await seen.wait()
        writer.write(b"data: 2\n\n")

    fake = dyno(streams)
    world.up(fake)
    client.send(request())
    client.until(b"data: 1\n\n\r\n")
    fake.call(seen.set)
    assert b"data: 2\n\n" in client.until(b"0\r\n\r\n")


def test_response_that_ends_with_the_connection(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(says(b"HTTP/1.0 200 OK\r\n\r\nall of it", close=True)))
    assert client.get().body == b"all of it"
    assert client.get().body == b"all of it", "the client's connection goes on"


def test_http_1_0_client(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")))
    client.send(b"GET / HTTP/1.0\r\nHost: app.localhost\r\n\r\n")
    head, _, body = client.everything().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"chunked" not in head
    assert b"Connection: close" in head
    assert body == b"hello"


def test_http_1_0_client_that_asks_for_keep_alive(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    for _ in range(2):
        client.send(b"GET / HTTP/1.0\r\nHost: app.localhost\r\nConnection: keep-alive\r\n\r\n")
        reply = client.reply()
        assert (reply.body, reply.header("connection")) == (b"ok", "keep-alive")


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("HEAD", 404), ("GET", 204), ("GET", 304), ("HEAD", 304)]
)
def test_no_body_is_relayed(world: World, client: Client, dyno: MakeDyno, method: str, status: int) -> None:
    world.up(dyno(says(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\n" % status)))
    for _ in range(2):
        reply = client.get(method=method)
        assert (reply.status, reply.body) == (status, b"")
        assert reply.header("content-length") == (None if status == 204 else "2")


def test_head_of_an_error_page_has_no_body(world: World, client: Client) -> None:
    world.state(AppState.CRASHED)
    assert client.get(method="HEAD").status == 503
    assert client.get(method="HEAD").status == 503


@pytest.mark.parametrize("state", [AppState.CRASHED, AppState.MAINTENANCE])
def test_a_body_that_nobody_reads_is_no_request(world: World, client: Client, state: AppState) -> None:
    world.state(state)
    inner = request("/inner")
    client.send(request("/", f"Content-Length: {len(inner)}", method="POST") + inner)
    assert client.reply("POST").header("connection") == "close"
    assert client.everything() == b""
    assert len(world.lines) == 1


def test_100_continue_comes_from_the_router(world: World, client: Client, dyno: MakeDyno) -> None:
    fake = dyno(counts(5))
    world.up(fake)
    client.send(request("/", "Expect: 100-Continue", "Content-Length: 5", method="POST"))
    assert client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"hello")
    assert client.reply("POST").body == b"5"
    assert heard(fake.heard[0])[0].header("expect") is None


def test_no_100_continue_before_there_is_a_dyno(world: World, client: Client) -> None:
    world.state(AppState.NO_WEB)
    client.send(request("/", "Expect: 100-continue", "Content-Length: 5", method="POST"))
    reply = client.reply("POST")
    assert (reply.status, reply.interim) == (503, [])


def test_interim_responses_are_passed_on_except_100(world: World, client: Client, dyno: MakeDyno) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    world.up(dyno(says(b"HTTP/1.1 100 Continue\r\n\r\n" + hints + OK)))
    reply = client.get()
    assert (reply.interim, reply.body) == ([103], b"ok")


def test_requests_sent_ahead_are_served_in_order(world: World, client: Client, dyno: MakeDyno) -> None:
    async def echoes(reader: Reader, writer: Writer) -> None:
        while True:
            target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(target), target))

    fake = dyno(echoes)
    world.up(fake)
    client.send(b"".join(request(f"/{n}") for n in range(20)))
    assert [client.reply().body for _ in range(20)] == [b"/%d" % n for n in range(20)]
    assert len(fake.heard) == 1


def test_a_request_behind_a_long_upload_is_served_in_its_turn(world: World, client: Client, dyno: MakeDyno) -> None:
    async def answers(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(1000)
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond")

    fake = dyno(answers)
    world.up(fake)
    client.send(request("/first", "Content-Length: 1000", method="POST") + b"x" * 400)
    wait_until(lambda: bool(fake.heard) and fake.heard[0].endswith(b"x"))
    client.send(b"x" * 600 + request("/second"))
    assert [client.reply().body, client.reply().body] == [b"ok", b"second"]
    first, second = heard(fake.heard[0])
    assert (len(first.body), second.target, second.body) == (1000, "/second", b"")


def test_bytes_behind_a_long_response_are_nobodys(world: World, client: Client, dyno: MakeDyno) -> None:
    """A dyno that says more than it announced is not asked again on this connection."""
    read = asyncio.Event()

    async def talks(reader: Reader, writer: Writer) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 400)
            await read.wait()
            writer.write(b"x" * 600 + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")

    fake = dyno(talks)
    world.up(fake)
    client.send(request("/first"))
    client.until(b"x")
    fake.call(read.set)
    client.until(b"x" * 600)
    assert world.fields()["status"] == "200"
    client.send(request("/second"))
    assert b"forged" not in client.until(b"x" * 600)
    assert [heard(one)[0].target for one in fake.heard] == ["/first", "/second"]


def test_an_early_answer_reaches_the_client(world: World, client: Client, dyno: MakeDyno) -> None:
    async def refuses(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
        await asyncio.sleep(0.2)

    world.up(dyno(refuses))
    client.send(request("/", "Content-Length: 1000000", method="POST") + b"x" * 1000)
    assert client.reply("POST").status == 413
    assert world.fields()["status"] == "413"
    assert client.everything() == b""


def test_first_byte_counts_from_the_end_of_the_upload(world: World, hurried: Client, dyno: MakeDyno) -> None:
    world.up(dyno(counts(8)))
    hurried.send(request("/", "Content-Length: 8", method="POST"))
    for _ in range(8):
        time.sleep(0.15)  # 1.2 s in all, twice the 0.6 s to the first byte
        hurried.send(b"x")
    assert hurried.reply("POST").body == b"8"


def test_h12_after_an_upload(world: World, hurried: Client, dyno: MakeDyno) -> None:
    async def silent(reader: Reader, writer: Writer) -> None:
        await reader.read(-1)

    world.up(dyno(silent))
    hurried.send(request("/", "Content-Length: 2", method="POST"))
    time.sleep(0.1)
    hurried.send(b"hi")
    assert hurried.reply("POST").status == 503
    assert world.fields()["code"] == "H12"


class Meter:
    """The most bytes any moment saw waiting inside the router."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.most = 0
        original = Connection.data_received

        def received(connection: Connection, data: bytes) -> None:
            original(connection, data)
            self.most = max(self.most, len(connection.buffer) + connection.unsent())

        monkeypatch.setattr(Connection, "data_received", received)
        write = Connection.write

        def written(connection: Connection, data: bytes) -> None:
            write(connection, data)
            self.most = max(self.most, connection.unsent())

        monkeypatch.setattr(Connection, "write", written)


SIZE = 40_000_000
RECEIVE = 262_144  # asyncio reads at most this much at once


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_response_to_a_slow_client_stays_small_here(
    world: World, client: Client, dyno: MakeDyno, monkeypatch: pytest.MonkeyPatch, *, chunked: bool
) -> None:
    async def much(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        piece = b"x" * 100_000
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % SIZE
        writer.write(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
        for _ in range(SIZE // len(piece)):
            writer.write(b"186a0\r\n" + piece + b"\r\n" if chunked else piece)
            await writer.drain()
        writer.write(b"0\r\n\r\n" if chunked else b"")

    meter = Meter(monkeypatch)
    world.up(dyno(much))
    client.send(request())
    time.sleep(0.4)
    assert len(client.reply().body) == SIZE
    assert 0 < meter.most <= Limits().response_buffer + READ_AHEAD + 2 * RECEIVE
    assert int(world.fields()["bytes"]) >= SIZE


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_upload_to_a_slow_dyno_stays_small_here(
    world: World, client: Client, dyno: MakeDyno, monkeypatch: pytest.MonkeyPatch, *, chunked: bool
) -> None:
    async def slow(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.4)
        got = b""
        total = 0
        while not (got.endswith(b"\r\n0\r\n\r\n") if chunked else total >= SIZE):
            piece = await reader.read(1 << 20)
            total += piece.count(b"x")
            got = got[-10:] + piece
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%d" % (len(str(total)), total))

    meter = Meter(monkeypatch)
    world.up(dyno(slow))
    piece = b"x" * 100_000
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {SIZE}"
    client.send(request("/", framing, method="POST"))
    for _ in range(SIZE // len(piece)):
        client.send(b"186a0\r\n" + piece + b"\r\n" if chunked else piece)
    client.send(b"0\r\n\r\n" if chunked else b"")
    assert client.reply("POST").body == b"%d" % SIZE
    assert 0 < meter.most <= 2 * READ_AHEAD + 3 * RECEIVE


def test_a_client_that_resets_in_the_middle_of_a_download(world: World, client: Client, dyno: MakeDyno) -> None:
    async def endless(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()

    fake = dyno(endless)
    world.up(fake)
    client.send(request())
    client.read(20_000)
    client.reset()
    assert world.fields()["code"] == "H27"
    assert int(world.fields()["bytes"]) > 10_000
    wait_until(lambda: fake.gone == [True])


def test_a_client_that_goes_in_the_middle_of_an_upload(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(counts(100)))
    client.send(request("/", "Content-Length: 100", method="POST") + b"x")
    time.sleep(0.1)
    client.close()
    assert world.fields()["code"] == "H27"
