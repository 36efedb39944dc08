"""The router as a process of its own, on ports that somebody else holds."""

from __future__ import annotations

import contextlib
import http.client
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from process_kit import Process, doors, wait_until

from localku.records import App, DynoRecord, FormationEntry, Slug
from localku.router.routing import table
from localku.router.tls import certificates
from localku.states import DynoState, ReleaseStatus, Wanted

if TYPE_CHECKING:
    from localku.context import Context

NOW = datetime.now(UTC)


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = str(self.headers["Host"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def dyno() -> Iterator[int]:
    """The port of a web dyno, which says what host it was asked for."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def record(app: App, state: DynoState, port: int) -> DynoRecord:
    return DynoRecord(
        app_id=app.id,
        name="web.1",
        type="web",
        state=state,
        release=2,
        size="eco",
        command="run",
        container="c1",
        host="127.0.0.1",
        port=port,
        since=NOW,
        exit_status=None,
        crashes=0,
        retry_at=None,
        generation=0,
    )


def made(context: Context, name: str, dyno: int, port: int | None = None) -> App:
    """An app that is up, or sleeps where `dyno` is 0; its web dyno answers at the port `dyno`."""
    store = context.store
    app = store.apps.create(name, None, NOW)
    store.folder(app)
    slug = Slug(
        id=0,
        app_id=app.id,
        fingerprint=name,
        image="i",
        layer="l",
        process_types={"web": "run"},
        buildpacks=(),
        stack="debian-14",
        size=1,
        commit=None,
        created_at=NOW,
    )
    store.releases.add(app, store.releases.add_slug(slug), {}, "Deploy", ReleaseStatus.SUCCEEDED, NOW)
    store.apps.scale(app, (FormationEntry("web", 1, "eco"),))
    store.apps.set_port(app, port)
    store.apps.want(app, Wanted.UP)
    store.dynos.save(record(app, DynoState.UP if dyno else DynoState.IDLE, dyno))
    return app


def get(port: int, host: str, address: str = "127.0.0.1") -> tuple[int, str]:
    connection = http.client.HTTPConnection(address, port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_every_port_answers_every_app_and_localhost_is_the_ports_own(context: Context, dyno: int) -> None:
    (first, one), (second, two) = doors(), doors()
    made(context, "one", dyno, first)
    made(context, "two", dyno, second)
    with Process("router", context.home, [*one, *two]):
        for port, app in ((first, "one"), (second, "two")):
            assert get(port, "one.localhost") == (200, "one.localhost")
            assert get(port, "two.localhost:80") == (200, "two.localhost:80")
            for host, address in (("localhost", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), (f"[::1]:{port}", "::1")):
                assert get(port, host, address) == (200, host)
                wait_until(lambda app=app, host=host: any(f"host={host}" in line for line in lines(context, app)))  # type: ignore[misc]
            assert get(port, "nobody.localhost")[0] == 404


def lines(context: Context, name: str) -> list[str]:
    app = context.store.apps.named(name)
    assert app is not None
    return [one.message for one in context.log(app).history(1500, "heroku", "router")]


def test_ports_come_and_go_while_it_runs(context: Context, dyno: int) -> None:
    made(context, "one", dyno)
    (first, one), (second, two) = doors(), doors()
    with Process("router", context.home, one) as router:
        router.open(two)
        assert get(second, "one.localhost")[0] == 200
        router.close(first)
        for each in one:
            each.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", first), 5)
        again = socket.create_server(("127.0.0.1", first))
        again.close()
        assert get(second, "one.localhost")[0] == 200


def test_nobody_who_has_connected_to_a_port_is_hung_up_on_when_it_closes(context: Context, dyno: int) -> None:
    made(context, "one", dyno)
    port, sockets = doors()
    with Process("router", context.home, sockets) as router:
        assert get(port, "one.localhost")[0] == 200
        ended, answered, broken = threading.Event(), [0], []

        def ask() -> None:
            while not ended.is_set():
                try:
                    status, _ = get(port, "one.localhost")
                    answered[0] += status == 200
                except ConnectionRefusedError:
                    return
                except (OSError, http.client.HTTPException) as error:
                    broken.append(error)

        clients = [threading.Thread(target=ask) for _ in range(8)]
        for client in clients:
            client.start()
        wait_until(lambda: answered[0] > 50)
        router.close(port)
        for one in sockets:
            one.close()
        for client in clients:
            client.join(20)
        ended.set()
        assert broken == []


def test_who_connects_while_it_is_killed_is_answered_by_the_next_one(context: Context, dyno: int) -> None:
    made(context, "one", dyno)
    port, sockets = doors()
    with Process("router", context.home, sockets) as router:
        assert get(port, "one.localhost")[0] == 200
        router.kill()
        got: list[tuple[int, str]] = []
        waiting = threading.Thread(target=lambda: got.append(get(port, "one.localhost")))
        waiting.start()
        with Process("router", context.home, sockets):
            waiting.join(20)
        assert got == [(200, "one.localhost")]


def test_it_ends_with_its_parent(context: Context) -> None:
    with Process("router", context.home) as router:
        router.link.shutdown(socket.SHUT_RDWR)
        assert router.wait() == 0


def test_ctrl_c_at_a_terminal_is_the_parents(context: Context, dyno: int) -> None:
    made(context, "one", dyno)
    port, sockets = doors()
    with Process("router", context.home, sockets) as router:
        assert get(port, "one.localhost")[0] == 200
        router.signal(signal.SIGINT)
        assert get(port, "one.localhost")[0] == 200


def test_it_rings_for_an_app_that_sleeps_and_for_no_other(context: Context, dyno: int) -> None:
    made(context, "awake", dyno)
    asleep = made(context, "asleep", 0)
    port, sockets = doors()
    with Process("router", context.home, sockets) as router:
        assert get(port, "awake.localhost")[0] == 200
        got: list[tuple[int, str]] = []
        waiting = threading.Thread(target=lambda: got.append(get(port, "asleep.localhost")))
        waiting.start()
        assert router.stdout.readline().decode().strip() == asleep.uuid
        last = context.store.traffic.last(asleep.uuid)
        assert last is not None
        assert last > asleep.created_at
        context.store.dynos.save(record(asleep, DynoState.UP, dyno))
        waiting.join(20)
        assert got == [(200, "asleep.localhost")]


def test_an_app_that_fell_asleep_a_moment_after_a_request_is_rung_for_at_once(context: Context, dyno: int) -> None:
    app = made(context, "one", dyno)
    port, sockets = doors()
    with Process("router", context.home, sockets) as router:
        assert get(port, "one.localhost")[0] == 200
        context.store.dynos.save(record(app, DynoState.IDLE, 0))
        time.sleep(3 * table.FRESH)
        began = time.time()
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET / HTTP/1.1\r\nHost: one.localhost\r\n\r\n")
        assert router.stdout.readline().decode().strip() == app.uuid
        last = context.store.traffic.last(app.uuid)
        assert last is not None
        assert last.timestamp() >= began - 0.001
        client.close()


def secure(context: Context, port: int, name: str) -> ssl.SSLSocket:
    trusting = ssl.create_default_context(cafile=certificates.ca_file(context.home / "tls"))
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    return trusting.wrap_socket(plain, server_hostname=name)


def test_every_app_has_its_certificate_from_the_start_and_later_ones_theirs(context: Context, dyno: int) -> None:
    for name in ("one", "two"):
        made(context, name, dyno)
    port, sockets = doors()
    with Process("router", context.home, sockets):
        assert get(port, "one.localhost")[0] == 200
        shown = {}
        for name in ("one.localhost", "two.localhost", "localhost"):
            with secure(context, port, name) as client:
                shown[name] = client.getpeercert(binary_form=True)
        assert len(set(shown.values())) == 1
        made(context, "three", dyno)
        with secure(context, port, "three.localhost") as client:
            assert client.getpeercert(binary_form=True) not in shown.values()
            client.sendall(b"GET / HTTP/1.1\r\nHost: three.localhost\r\nConnection: close\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")


def test_without_certificates_there_is_http(context: Context, dyno: int) -> None:
    made(context, "one", dyno)
    (context.home / "tls").write_text("no folder")
    port, sockets = doors()
    with Process("router", context.home, sockets):
        assert get(port, "one.localhost")[0] == 200
        plain = socket.create_connection(("127.0.0.1", port), 20)
        with pytest.raises(OSError, match=r"EOF|reset"):
            ssl.create_default_context().wrap_socket(plain, server_hostname="one.localhost")
