"""HTTP/2 for custom domains: curl's and h2's opinion of it, and what the dyno gets in HTTP/1.1."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import h2.events as seen
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from router_kit import OK, STEADY, Domains, Dyno, Reader, World, Writer, heard, says, start, wait_until

from localku.router.router_server import RouterThread
from localku.router.routing.routes import AppState, Route
from localku.router.tls import certificates

MakeDyno = Callable[..., Dyno]
NAME = "www.example.com"
BIG = 3_000_000


@pytest.fixture
def secure(world: World, tmp_path: Path) -> Iterator[RouterThread]:
    running = start(world, tls=certificates.context(tmp_path / "tls", domains=Domains(NAME)))
    yield running
    running.stop()


@pytest.fixture
def curl(secure: RouterThread, tmp_path: Path) -> Callable[..., str]:
    def run(*arguments: str, path: str = "/", name: str = NAME) -> str:
        there = ("--connect-to", f"{name}::127.0.0.1:{secure.port}", f"https://{name}{path}")
        trusted = ("--cacert", str(certificates.ca_file(tmp_path / "tls")))
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "20", *trusted, *arguments, *there], capture_output=True, check=True
        )
        return done.stdout.decode(errors="replace")

    return run


def up(world: World, dyno: Dyno) -> None:
    world.apps[NAME] = Route("app", AppState.UP, (dyno.backend,))


def test_a_custom_domain_speaks_http2_and_its_dyno_http1(
    world: World, dyno: MakeDyno, curl: Callable[..., str]
) -> None:
    fake = dyno(says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nok"))
    up(world, fake)
    answer = curl("-i", "-H", "X-Mine: yes", "-H", "Cookie: a=1; b=2", path="/x?y=1").replace("\r", "")
    assert answer.splitlines()[0] == "HTTP/2 200 "
    assert "via: 2.0 heroku-router\n" in answer
    assert "set-cookie: a=1\nset-cookie: b=2\n" in answer
    assert answer.endswith("\n\nok")
    (got,) = heard(fake.heard[0])
    assert (got.method, got.target) == ("GET", "/x?y=1")
    assert got.header("host") == NAME
    assert got.header("cookie") == "a=1; b=2"
    assert got.header("x-mine") == "yes"
    assert got.header("x-forwarded-proto") == "https"
    assert world.wait_line().endswith("protocol=http2.0 tls=true tls_version=tls1.3")
    assert world.fields()["status"] == "200"


def test_other_names_stay_with_http1(world: World, dyno: MakeDyno, curl: Callable[..., str]) -> None:
    world.up(dyno(says(OK)))
    assert curl("-i", "--http2", name="app.localhost").startswith("HTTP/1.1 200 OK")


def test_large_bodies_go_both_ways(world: World, dyno: MakeDyno, curl: Callable[..., str], tmp_path: Path) -> None:
    async def measures(reader: Reader, writer: Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"content-length: %d" % BIG in head.lower()
        await reader.readexactly(BIG)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(30):
            writer.write(b"x" * (BIG // 30))
            await writer.drain()

    up(world, dyno(measures))
    (tmp_path / "body").write_bytes(b"y" * BIG)
    assert curl("--data-binary", f"@{tmp_path / 'body'}") == "x" * BIG
    assert world.fields()["status"] == "200"


def test_head_and_an_empty_answer_have_no_body(world: World, dyno: MakeDyno, curl: Callable[..., str]) -> None:
    up(world, dyno(says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")))
    assert "content-length: 5" in curl("-I")
    up(world, dyno(says(b"HTTP/1.1 204 No Content\r\n\r\n")))
    assert "HTTP/2 204" in curl("-i")


def test_an_error_page_comes_as_a_frame(world: World, curl: Callable[..., str]) -> None:
    world.apps[NAME] = Route("app", AppState.CRASHED)
    answer = curl("-i")
    assert answer.startswith("HTTP/2 503")
    assert "Application error" in answer
    assert world.fields()["code"] == "H10"


class Raw:
    """An HTTP/2 client that lets nobody check what it sends."""

    def __init__(self, router: RouterThread, folder: Path) -> None:
        context = ssl.create_default_context(cafile=certificates.ca_file(folder))
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection(("127.0.0.1", router.port), timeout=10)
        self.socket = context.wrap_socket(plain, server_hostname=NAME)
        self.h2 = H2Connection(H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False))
        self.h2.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def ask(self, *more: tuple[str, str], path: str = "/", method: str = "GET", end: bool = True) -> int:
        number = self.h2.get_next_available_stream_id()
        pseudo = [(":method", method), (":scheme", "https"), (":authority", NAME), (":path", path)]
        self.h2.send_headers(number, [*pseudo, *more], end_stream=end)
        self.flush()
        return number

    def events(self) -> list[seen.Event]:
        data = self.socket.recv(65536)
        found = self.h2.receive_data(data) if data else [seen.ConnectionTerminated()]
        self.flush()
        return found

    def until(self, *kinds: type[seen.Event]) -> seen.Event:
        while True:
            for event in self.events():
                if isinstance(event, kinds):
                    return event


@pytest.fixture
def raw(secure: RouterThread, tmp_path: Path) -> Iterator[Raw]:
    made = Raw(secure, tmp_path / "tls")
    yield made
    made.socket.close()


def status(raw: Raw) -> bytes | str:
    """Ask for `/` and return the status of the answer, with all of it read."""
    raw.ask()
    answer = raw.until(seen.ResponseReceived)
    assert isinstance(answer, seen.ResponseReceived)
    return dict(answer.headers or ())[b":status"]


def test_h22_one_connection_too_many(world: World, dyno: MakeDyno, tmp_path: Path) -> None:
    up(world, dyno(says(OK)))
    tls = certificates.context(tmp_path / "tls", domains=Domains(NAME))
    router = start(world, tls=tls, limits=replace(STEADY, client_connections=1))
    first = Raw(router, tmp_path / "tls")
    assert status(first) == b"200"
    second = Raw(router, tmp_path / "tls")
    assert status(second) == b"503"
    second.until(seen.ConnectionTerminated)
    assert 'at=error code=H22 desc="Connection limit reached"' in world.wait_line(2)
    assert status(first) == b"200"
    router.stop()


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/", ("x-evil", "1\r\nX-Forged: yes")),
        ("/", ("x-evil", "1\nGET /second HTTP/1.1")),
        ("/", ("x-evil\r\nx-forged", "1")),
        ("/", ("x evil", "1")),
        ("/ HTTP/1.1\r\nX-Forged: yes", ("x-good", "1")),
        ("/a b", ("x-good", "1")),
        ("/", ("transfer-encoding", "chunked")),
        ("/", ("connection", "upgrade")),
    ],
)
def test_nothing_ends_a_line_of_the_dynos_request(
    world: World, dyno: MakeDyno, raw: Raw, path: str, header: tuple[str, str]
) -> None:
    fake = dyno(says(OK))
    up(world, fake)
    raw.ask(header, path=path)
    raw.until(seen.StreamReset, seen.ConnectionTerminated)
    assert not fake.heard


def test_many_streams_at_once_and_each_its_own_answer(world: World, dyno: MakeDyno, raw: Raw) -> None:
    async def repeats(reader: Reader, writer: Writer) -> None:
        while True:
            target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            await asyncio.sleep(0.01)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(target), target))

    up(world, dyno(repeats))
    asked = {raw.ask(path=f"/{n}"): f"/{n}".encode() for n in range(40)}
    answered: dict[int, bytes] = {}
    while len(answered) < len(asked):
        for event in raw.events():
            if isinstance(event, seen.DataReceived) and event.data:
                answered[event.stream_id or 0] = event.data
    assert answered == asked


def test_a_body_of_unknown_length_becomes_chunks(world: World, dyno: MakeDyno, raw: Raw) -> None:
    async def takes(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n0\r\n\r\n")
        writer.write(OK)

    fake = dyno(takes)
    up(world, fake)
    number = raw.ask(method="POST", end=False)
    raw.h2.send_data(number, b"some ")
    raw.flush()
    raw.h2.send_data(number, b"body", end_stream=True)
    raw.flush()
    assert isinstance(raw.until(seen.DataReceived, seen.StreamReset), seen.DataReceived)
    (got,) = heard(fake.heard[0])
    assert (got.header("transfer-encoding"), got.body) == ("chunked", b"some body")


def test_a_reset_stream_is_a_client_that_went(world: World, dyno: MakeDyno, raw: Raw) -> None:
    async def waits(reader: Reader, _: Writer) -> None:
        await reader.read()

    fake = dyno(waits)
    up(world, fake)
    number = raw.ask()
    wait_until(lambda: bool(fake.heard and fake.heard[0]))
    raw.h2.reset_stream(number, ErrorCodes.CANCEL)
    raw.flush()
    assert world.fields()["code"] == "H27"


def test_a_broken_answer_breaks_the_stream_and_no_other(world: World, dyno: MakeDyno, raw: Raw) -> None:
    up(world, dyno(says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", close=True)))
    raw.ask()
    raw.until(seen.StreamReset)
    assert world.fields()["code"] == "H18"
    up(world, dyno(says(OK)))
    raw.ask()
    assert isinstance(raw.until(seen.DataReceived, seen.StreamReset), seen.DataReceived)


def test_an_answer_waits_for_the_clients_window(world: World, dyno: MakeDyno, raw: Raw) -> None:
    """A client that takes nothing stops the dyno; memory holds no more than the response buffer."""
    sent = 0

    async def pours(reader: Reader, writer: Writer) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(b"z" * 65536)
            await writer.drain()
            sent += 65536

    up(world, dyno(pours))
    raw.ask()
    wait_until(lambda: sent > STEADY.response_buffer)
    before = -1
    while before != sent:
        before = sent
        time.sleep(0.2)
    assert sent < 16 * STEADY.response_buffer


def test_what_is_no_http2_ends_the_connection(world: World, dyno: MakeDyno, raw: Raw) -> None:
    fake = dyno(says(OK))
    up(world, fake)
    raw.socket.sendall(b"\0\0\4\0\0\0\0\0\0data")  # a DATA frame on stream 0
    assert isinstance(raw.until(seen.ConnectionTerminated), seen.ConnectionTerminated)
    assert not fake.heard
