"""Websockets as the `websockets` library's own client and server speak them, with the router between."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from router_kit import FAST, World, start, wait_until
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from localku.router.router_limits import Limits
from localku.router.router_server import RouterThread
from localku.router.routing.routes import AppState, Backend, Route

if TYPE_CHECKING:
    from websockets.http11 import Request, Response

WINDOW = FAST.idle
CHAT = Subprotocol("chat")
MEGABYTES = 8 * 1024 * 1024


class Site:
    """A websocket server behind a router."""

    def __init__(self, world: World, router: RouterThread) -> None:
        self.world = world
        self.router = router
        self.heard: list[str | bytes] = []
        self.closes: list[tuple[int | None, str | None]] = []
        self.refuse = False

    def handle(self, connection: ServerConnection) -> None:
        """Echo; `close CODE` asks for a close from this side, `silence` for none."""
        try:
            for message in connection:
                self.heard.append(message)
                if isinstance(message, str) and message.startswith("close "):
                    connection.close(int(message.split()[1]), "as you wish")
                else:
                    connection.send(message)
        except ConnectionClosed:
            pass
        finally:
            self.closes.append((connection.close_code, connection.close_reason))

    def gate(self, connection: ServerConnection, _: Request) -> Response | None:
        return connection.respond(403, "not today\n") if self.refuse else None

    @contextmanager
    def open(self, *, ping: float | None = None, **more: Any) -> Iterator[ClientConnection]:
        plain = socket.create_connection(("127.0.0.1", self.router.port), timeout=5)
        settings: dict[str, Any] = {
            "sock": plain,
            "ping_interval": ping,
            "close_timeout": 2,
            "subprotocols": [CHAT],
            **more,
        }
        with connect("ws://app.localhost/live?room=1", **settings) as made:
            yield made


@pytest.fixture
def site(request: pytest.FixtureRequest, world: World) -> Iterator[Site]:
    router = start(world, limits=request.param)
    made = Site(world, router)
    with server(made) as port:
        world.apps["app.localhost"] = Route("app", AppState.UP, (Backend("web.1", "127.0.0.1", port),))
        yield made
    router.stop()


@contextmanager
def server(site: Site) -> Iterator[int]:
    with serve(
        site.handle, "127.0.0.1", 0, process_request=site.gate, ping_interval=None, max_size=None, subprotocols=[CHAT]
    ) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield port_of(made)
        made.shutdown()
        thread.join()


def port_of(made: Server) -> int:
    port: int = made.socket.getsockname()[1]
    return port


calm = pytest.mark.parametrize("site", [Limits()], indirect=True, ids=["calm"])
hurried = pytest.mark.parametrize("site", [FAST], indirect=True, ids=["hurried"])


@calm
def test_text_binary_and_fragments(site: Site) -> None:
    with site.open() as socket:
        assert socket.subprotocol == CHAT
        assert socket.response is not None
        assert socket.response.headers["Via"] == "1.1 heroku-router"
        for message in ("grüße", b"\x00\xff" * 100, "", b"", "x" * 125, "x" * 126, b"y" * 65535, b"z" * 65536):
            socket.send(message)
            assert socket.recv(5) == message
        socket.send(["in ", "three ", "pieces"])
        assert socket.recv(5) == "in three pieces"
    wait_until(lambda: site.closes == [(1000, "")])
    found = site.world.fields()
    assert (found["at"], found["status"], found["path"]) == ("info", "101", "/live?room=1")


@calm
def test_a_big_message(site: Site) -> None:
    big = os.urandom(MEGABYTES)
    with site.open(compression=None, max_size=None) as socket:
        socket.send(big)
        assert socket.recv(20) == big
    assert int(site.world.fields()["bytes"]) > MEGABYTES


@calm
def test_pings_both_ways(site: Site) -> None:
    with site.open() as socket:
        assert socket.ping().wait(5)
        socket.send("still here")
        assert socket.recv(5) == "still here"


@calm
@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 4321])
def test_a_close_of_the_client_reaches_the_server(site: Site, code: int) -> None:
    with site.open() as socket:
        socket.close(code, "enough")
    assert site.world.fields()["status"] == "101"
    wait_until(lambda: site.closes == [(code, "enough")])


@calm
@pytest.mark.parametrize("code", [1000, 1001, 1011, 4000])
def test_a_close_of_the_server_reaches_the_client(site: Site, code: int) -> None:
    with site.open() as socket:
        socket.send(f"close {code}")
        with pytest.raises(ConnectionClosed):
            socket.recv(5)
        assert (socket.close_code, socket.close_reason) == (code, "as you wish")
    wait_until(lambda: site.closes == [(code, "as you wish")])


@calm
def test_many_at_once(site: Site) -> None:
    def talk(number: int) -> None:
        with site.open() as socket:
            for turn in range(10):
                socket.send(f"{number}.{turn}")
                answers.append(socket.recv(10) == f"{number}.{turn}")

    answers: list[bool] = []
    all_together(talk, 30)
    assert answers == [True] * 300
    wait_until(lambda: len(site.closes) == 30)


def all_together(talk: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=talk, args=(number,)) for number in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)


@calm
def test_a_refused_upgrade_is_a_plain_answer(site: Site) -> None:
    site.refuse = True
    with pytest.raises(InvalidStatus) as refused, site.open():
        pass
    answer = refused.value.response
    assert (answer.status_code, answer.body) == (403, b"not today\n")
    assert site.world.fields()["status"] == "403"
    site.refuse = False
    with site.open() as socket:
        socket.send("now")
        assert socket.recv(5) == "now"


@hurried
def test_silence_of_55_seconds_ends_it_with_h15(site: Site) -> None:
    with site.open() as socket:
        socket.send("the last word")
        assert socket.recv(5) == "the last word"
        began = time.monotonic()
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(WINDOW * 10)
        assert time.monotonic() - began >= WINDOW * 0.9
        assert not isinstance(closed.value, ConnectionClosedOK)
    assert 'at=error code=H15 desc="Idle connection"' in site.world.wait_line()


@hurried
def test_the_library_s_own_pings_keep_it_open(site: Site) -> None:
    with site.open(ping=WINDOW / 4) as socket:
        with pytest.raises(TimeoutError):
            socket.recv(WINDOW * 2)
        socket.send("awake")
        assert socket.recv(5) == "awake"
    assert site.world.fields()["at"] == "info"
