"""HTTP/2 made to smuggle: what it says that HTTP/1.1 could misread never becomes a second request."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import h2.events as seen
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from proof_kit import HASTY, Judge
from router_kit import Client, Domains, Dyno, World, start, wait_until
from smuggling_corpus import INSIDE, SMUGGLED

from localku.router.connection import Connection
from localku.router.router_limits import Limits
from localku.router.router_server import RouterThread
from localku.router.routing.routes import AppState, Route
from localku.router.tls import certificates

MakeDyno = Callable[..., Dyno]
PING = b"\0\0\x08\x06\0\0\0\0\0pingpong"
NAME = "www.example.com"
Headers = list[tuple[str, str]]


@dataclass
class Door:
    """A router that speaks HTTP/2 on NAME, and the folder of its certificates."""

    router: RouterThread
    tls: Path

    @contextlib.contextmanager
    def open(self) -> Iterator[socket.socket]:
        context = ssl.create_default_context(cafile=certificates.ca_file(self.tls))
        context.set_alpn_protocols(["h2"])
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what is not read soon waits in the router
        plain.settimeout(10)
        plain.connect(("127.0.0.1", self.router.port))
        with context.wrap_socket(plain, server_hostname=NAME) as secure:
            yield secure


def unchecked() -> H2Connection:
    """A client that lets nobody look at what it sends."""
    made = H2Connection(H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False))
    made.initiate_connection()
    return made


@pytest.fixture
def judge(world: World, dyno: MakeDyno) -> Judge:
    made = Judge()
    fake = dyno(made)
    world.up(fake)
    world.apps[NAME] = Route("app", AppState.UP, (fake.backend,))
    return made


@contextlib.contextmanager
def doorway(world: World, folder: Path, limits: Limits) -> Iterator[Door]:
    running = start(world, limits=limits, tls=certificates.context(folder, domains=Domains(NAME)))
    for one in running._router._doors:
        one._listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # accepted sockets inherit it
    yield Door(running, folder)
    running.stop()


@pytest.fixture
def door(world: World, tmp_path: Path) -> Iterator[Door]:
    with doorway(world, tmp_path / "tls", HASTY) as made:
        yield made


def pseudo(method: str = "POST", path: str = "/case", authority: str = NAME, scheme: str = "https") -> Headers:
    return [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)]


def length(size: int) -> tuple[str, str]:
    return "content-length", str(size)


WHOLE = len(SMUGGLED)
ONCE = ("POST /case", SMUGGLED)
NEVER = None
# Headers, body (None: the head ends the stream), and the one request that the dyno may get
DOWNGRADES: dict[str, tuple[Headers, bytes | None, tuple[str, bytes] | None]] = {
    "plain": (pseudo(), SMUGGLED, ONCE),
    "length": ([*pseudo(), length(WHOLE)], SMUGGLED, ONCE),
    "length of nothing": ([*pseudo(), length(0)], SMUGGLED, NEVER),
    "length too short": ([*pseudo(), length(4)], SMUGGLED, NEVER),
    "length too long": ([*pseudo(), length(WHOLE + 50)], SMUGGLED, NEVER),
    "length without a body": ([*pseudo(), length(WHOLE)], None, NEVER),
    "length with a plus": ([*pseudo(), ("content-length", "+4")], SMUGGLED, NEVER),
    "two lengths": ([*pseudo(), length(WHOLE), length(0)], SMUGGLED, NEVER),
    "length in capitals": ([*pseudo(), ("Content-Length", "0")], SMUGGLED, NEVER),
    "length and a space": ([*pseudo(), ("content-length ", "0")], SMUGGLED, NEVER),
    "chunked": ([*pseudo(), ("transfer-encoding", "chunked")], INSIDE, NEVER),
    "chunked and a length": ([*pseudo(), ("transfer-encoding", "chunked"), length(len(INSIDE))], INSIDE, NEVER),
    "chunked and a space": ([*pseudo(), ("transfer-encoding ", "chunked")], INSIDE, NEVER),
    "chunked behind a line": ([*pseudo(), ("x", "y\r\nTransfer-Encoding: chunked")], INSIDE, NEVER),
    "chunked behind LF": ([*pseudo(), ("x", "y\nTransfer-Encoding: chunked")], INSIDE, NEVER),
    "chunked behind CR": ([*pseudo(), ("x", "y\rTransfer-Encoding: chunked")], INSIDE, NEVER),
    "chunked in a name": ([*pseudo(), ("x: y\r\ntransfer-encoding", "chunked")], INSIDE, NEVER),
    "chunked in a name with a colon": ([*pseudo(), ("transfer-encoding: chunked\r\nx", "y")], INSIDE, NEVER),
    "chunks that stay data": (pseudo(), INSIDE, ("POST /case", INSIDE)),
    "another host": ([*pseudo(), ("host", "b.example.com")], None, NEVER),
    "two authorities": ([*pseudo(), (":authority", "b.example.com")], None, NEVER),
    "authority with a line": (pseudo(authority=f"{NAME}\r\nX: y"), None, NEVER),
    "authority with a path": (pseudo(authority=f"{NAME}/x"), None, NEVER),
    "authority with a user": (pseudo(authority=f"a@{NAME}"), None, NEVER),
    "method with a request": (pseudo(method="GET /smuggled HTTP/1.1\r\nX: y\r\n\r\nPOST"), None, NEVER),
    "method with a space": (pseudo(method="GET /smuggled"), None, NEVER),
    "CONNECT": (pseudo(method="CONNECT"), None, NEVER),
    "path with a request": (pseudo(path="/ HTTP/1.1\r\nHost: x\r\n\r\nGET /smuggled"), None, NEVER),
    "path with a space": (pseudo(path="/case HTTP/1.1 x"), None, NEVER),
    "path with a tab": (pseudo(path="/ca\tse"), None, NEVER),
    "empty path": (pseudo(path=""), None, NEVER),
    "path elsewhere": (pseudo(path="http://b.example.com/"), None, NEVER),
    "path without a slash": (pseudo(path="case"), None, NEVER),
    "scheme with a line": (pseudo(scheme="https\r\nX: y"), None, NEVER),
    "cookie with a line": ([*pseudo(), ("cookie", "a=b\r\nX: y")], None, NEVER),
    "value with NUL": ([*pseudo(), ("x", "y\0")], None, NEVER),
    "an expectation": ([*pseudo(), ("expect", "100-continue")], SMUGGLED, ONCE),
    "an upgrade": ([*pseudo(), ("upgrade", "websocket"), ("connection", "upgrade")], SMUGGLED, NEVER),
    "HTTP/2 settings": ([*pseudo(), ("http2-settings", "AAMAAABk")], None, ("POST /case", b"")),
}


def talk(secure: socket.socket, headers: Headers, body: bytes | None) -> None:
    """Send one request, and wait until the stream or the connection has ended."""
    client = unchecked()
    client.send_headers(1, headers, end_stream=body is None)
    if body is not None:
        client.send_data(1, body, end_stream=True)
    secure.sendall(client.data_to_send())
    while data := secure.recv(65536):
        if any(isinstance(one, (seen.StreamEnded, seen.StreamReset)) for one in client.receive_data(data)):
            return


@pytest.mark.parametrize(("headers", "body", "expected"), DOWNGRADES.values(), ids=DOWNGRADES.keys())
def test_a_stream_is_one_request_or_none(
    world: World, judge: Judge, door: Door, headers: Headers, body: bytes | None, expected: tuple[str, bytes] | None
) -> None:
    with door.open() as secure:
        talk(secure, headers, body)
    with Client(door.router.port) as other:
        assert other.get("/pooled").body == b"GET /pooled"
    *got, pooled = judge.requests
    assert pooled.first == "GET /pooled"
    assert [(one.first, one.body) for one in got] == ([] if expected is None else [expected])
    assert judge.broken == []
    assert not any("code=H99" in line for _, line in world.lines)


def test_streams_that_are_reset_at_once_leave_nothing_behind(world: World, judge: Judge, door: Door) -> None:
    client = unchecked()
    with door.open() as secure:
        for number in range(1, 801, 2):
            client.send_headers(number, pseudo(method="GET"), end_stream=True)
            client.reset_stream(number, ErrorCodes.CANCEL)
            secure.sendall(client.data_to_send())
        with Client(door.router.port) as other:
            assert other.get("/other").body == b"GET /other"
    wait_until(lambda: sum("/other" in line for _, line in world.lines) == 1)
    assert not any("code=H99" in line for _, line in world.lines)


def test_pings_of_a_client_that_does_not_read(
    world: World, judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0
    write = Connection.write

    def written(connection: Connection, data: bytes) -> None:
        nonlocal most
        write(connection, data)
        most = max(most, connection.unsent())

    monkeypatch.setattr(Connection, "write", written)
    with doorway(world, tmp_path, replace(HASTY, response_buffer=50_000)) as door, door.open() as secure:
        secure.sendall(unchecked().data_to_send())
        secure.settimeout(2)
        with pytest.raises(OSError, match=r"timed out|reset|Broken|EOF|violation"):
            secure.sendall(PING * 2_000_000)
        with Client(door.router.port) as other:
            assert other.get("/other").body == b"GET /other"
    assert 100_000 < most < 1_000_000
