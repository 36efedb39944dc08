"""Slow clients: who dribbles is let go by the rule that fits, and the others never notice."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest
from proof_kit import Judge, replies
from router_kit import FAST, Client, Dyno, Reader, World, Writer, request, start

from localku.router.router_server import RouterThread

MakeDyno = Callable[..., Dyno]
HEAD = request("/slow", *[f"X-Slow-{number}: {'x' * 50}" for number in range(20)])


@pytest.fixture
def brisk(world: World) -> Iterator[RouterThread]:
    """A router whose time limits are 50 times as short."""
    running = start(world, limits=FAST)
    yield running
    running.stop()


@pytest.fixture
def judge(world: World, dyno: MakeDyno) -> Judge:
    made = Judge()
    world.up(dyno(made))
    return made


def served(router: RouterThread) -> None:
    with Client(router.port) as other:
        assert other.get("/quick").body == b"GET /quick"


def dribble(client: Client, pieces: list[bytes], pause: float) -> int:
    """Send one piece after the other, until the router answers or ends the connection; how many were sent."""
    for at, piece in enumerate(pieces):
        client.socket.settimeout(pause)
        with suppress(TimeoutError):
            client.socket.recv(1, socket.MSG_PEEK)
            return at
        client.send(piece)
    return len(pieces)


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def test_slow_heads_are_ended_with_408(world: World, brisk: RouterThread, judge: Judge) -> None:
    until = time.monotonic() + FAST.client_head * 5
    with ExitStack() as all_of_them:
        slow = [all_of_them.enter_context(Client(brisk.port)) for _ in range(50)]
        quick, at = 0, 0
        while time.monotonic() < until and at < 40:
            for one in slow:
                with suppress(ConnectionError):
                    one.send(HEAD[at : at + 1])
            at += 1
            served(brisk)
            quick += 1
            time.sleep(FAST.client_head / 20)
        for one in slow:
            with suppress(ConnectionResetError):  # it went on sending long after the answer
                assert [answer.first for answer in replies(one.socket, ["GET"])] == ["408"]
    assert {one.first for one in judge.requests} == {"GET /quick"}
    assert len(world.lines) == quick, "no app hears of a request that never was"


def test_a_slow_head_after_a_good_request(brisk: RouterThread, judge: Judge) -> None:
    with Client(brisk.port) as client:
        assert client.get("/first").body == b"GET /first"
        assert dribble(client, bytewise(HEAD), FAST.client_head / 10) < len(HEAD)
        assert client.reply().status == 408
    assert [one.first for one in judge.requests] == ["GET /first"]


def test_blank_lines_do_not_keep_a_connection_open(brisk: RouterThread, judge: Judge) -> None:
    with Client(brisk.port) as client:
        assert dribble(client, [b"\r\n"] * 100, FAST.client_keep_alive / 50) < 100


def test_a_slow_body_may_take_its_time_while_it_moves(world: World, brisk: RouterThread, judge: Judge) -> None:
    with Client(brisk.port) as client:
        client.send(request("/up", "Content-Length: 8", method="POST"))
        assert dribble(client, bytewise(b"steadily"), FAST.idle / 5) == 8
        assert client.reply("POST").status == 200
        served(brisk)
    assert judge.requests[0].body == b"steadily"
    assert int(world.fields()["service"].removesuffix("ms")) > 55_000


def test_a_body_that_stops_anywhere_is_h28(world: World, brisk: RouterThread, judge: Judge) -> None:
    parts = [b"", b"5", b"5\r\nhel", b"5\r\nhello\r\n", b"5\r\nhello\r\n0\r\n", b"0\r\nX-A: b"]
    with ExitStack() as all_of_them:
        stopped = [all_of_them.enter_context(Client(brisk.port)) for _ in parts]
        for client, part in zip(stopped, parts, strict=True):
            client.send(request("/up", "Transfer-Encoding: chunked", method="POST") + part)
        served(brisk)
        assert all(client.everything() == b"" for client in stopped)
    assert [one.first for one in judge.requests] == ["GET /quick"]
    assert [world.fields(number)["code"] for number in range(2, 2 + len(parts))] == ["H28"] * len(parts)


def test_a_slow_reader_may_take_its_time_while_it_reads(world: World, brisk: RouterThread, dyno: MakeDyno) -> None:
    size = 24_000_000

    async def film(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        writer.write(bytes(size))
        await writer.drain()

    world.up(dyno(film))
    with Client(brisk.port) as client:
        client.send(request("/film", "Connection: close"))
        began, got = time.monotonic(), b""
        for _ in range(7):
            got += client.socket.recv(1 << 18)
            time.sleep(FAST.idle / 5)
        assert time.monotonic() - began > FAST.idle
        got += client.everything()
    assert len(got.partition(b"\r\n\r\n")[2]) == size
    assert world.fields()["status"] == "200"
