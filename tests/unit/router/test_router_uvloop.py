"""The router in uvloop's event loop, which it takes where it is installed; all other tests use asyncio's own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvloop
from router_kit import FAST, OK, Client, Dyno, Reader, World, Writer, request, says, start
from test_router_tls import trusting

from localku.router.router_server import RouterThread, fastest_loop
from localku.router.tls import certificates

MakeDyno = Callable[..., Dyno]
LARGE = 20_000_000


@pytest.fixture
def router(world: World, tmp_path: Path) -> Iterator[RouterThread]:
    tls = certificates.context(tmp_path / "tls")
    running = start(world, limits=FAST, tls=tls, new_loop=uvloop.new_event_loop)
    yield running
    running.stop()


@pytest.fixture(params=["http", "https"])
def uvclient(request: pytest.FixtureRequest, router: RouterThread, tmp_path: Path) -> Iterator[Client]:
    with Client(router.port, trusting(tmp_path / "tls") if request.param == "https" else None) as made:
        yield made


def test_one_request_after_the_other(world: World, uvclient: Client, dyno: MakeDyno) -> None:
    fake = dyno(says(OK))
    world.up(fake)
    assert [uvclient.get().body for _ in range(5)] == [b"ok"] * 5
    assert len(fake.heard) == 1


def test_large_bodies_both_ways(world: World, uvclient: Client, dyno: MakeDyno) -> None:
    async def echoes(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(LARGE)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    world.up(dyno(echoes))
    body = bytes(range(250)) * (LARGE // 250)
    uvclient.send(request("/", f"Content-Length: {LARGE}", method="POST") + body)
    assert uvclient.reply("POST").body == body


def test_a_tunnel_and_its_end(world: World, uvclient: Client, dyno: MakeDyno) -> None:
    async def shouts(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
        writer.write((await reader.readline()).upper())

    world.up(dyno(shouts))
    uvclient.send(request("/", "Connection: Upgrade", "Upgrade: x") + b"hello\n")
    assert uvclient.everything().endswith(b"\r\n\r\nHELLO\n")


def test_clients_and_dynos_that_fail(world: World, router: RouterThread, dyno: MakeDyno) -> None:
    async def silent(reader: Reader, writer: Writer) -> None:
        await reader.read()

    world.up(dyno(silent))
    with Client(router.port) as client:
        assert client.get().status == 503
    with Client(router.port) as client:
        client.send(request())
    assert [world.fields(number)["code"] for number in (1, 2)] == ["H12", "H27"]


def test_it_is_taken_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fastest_loop() is uvloop.new_event_loop
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert fastest_loop() is asyncio.new_event_loop
