"""One port for HTTP and TLS, and an end at which nobody is left without an answer."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from localku.api import wire
from localku.api.api_server import ApiServer
from localku.clock import SystemClock
from localku.machine.listening import listen
from localku.router.tls import trust

if TYPE_CHECKING:
    from starlette.requests import Request

    from localku.context import Context


class Slow:
    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def _wait(self) -> None:
        self.begun.set()
        assert self.go_on.wait(20)

    async def serve(self, _request: Request) -> PlainTextResponse:
        await run_in_threadpool(self._wait)
        return PlainTextResponse("late")

    async def promised(self, request: Request) -> PlainTextResponse:
        return await wire.awaited(request, self.serve(request), 0.1)


async def quick(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("here")


@pytest.fixture
def slow() -> Slow:
    return Slow()


@contextmanager
def served(context: Context, slow: Slow) -> Iterator[tuple[ApiServer, int]]:
    sockets = listen("127.0.0.1", 0)

    async def secure() -> ssl.SSLContext:
        return trust.loopback(context)

    routes = [Route("/", quick), Route("/slow", slow.serve), Route("/promised", slow.promised)]
    server = ApiServer(Starlette(routes=routes), sockets, secure)
    server.start()
    yield server, sockets[0].getsockname()[1]
    server.stop()
    for one in sockets:
        one.close()


def asked(connection: socket.socket, path: str) -> bytes:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_http_and_tls_share_a_port(context: Context, slow: Slow) -> None:
    context = replace(context, clock=SystemClock())
    with served(context, slow) as (_, port):
        with socket.create_connection(("127.0.0.1", port)) as plain:
            assert asked(plain, "/").endswith(b"here")
        with socket.create_connection(("127.0.0.1", port)) as made:
            trust.loopback(context)
            client = ssl.create_default_context(cafile=str(context.home / "tls" / "ca.pem"))
            with client.wrap_socket(made, server_hostname="127.0.0.1") as secure:
                assert asked(secure, "/").endswith(b"here")


def test_who_waits_for_long_is_told_that_the_answer_will_come(context: Context, slow: Slow) -> None:
    with served(context, slow) as (_, port):
        threading.Timer(0.5, slow.go_on.set).start()
        found = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        found.request("GET", "/promised")
        assert found.getresponse().read() == b"late"
        slow.go_on.clear()
        threading.Timer(0.5, slow.go_on.set).start()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as waiting:
            said = asked(waiting, "/promised")
        assert said.count(b"HTTP/1.1 100 Continue\r\n\r\n") >= 2
        assert said.endswith(b"late")


def test_who_waits_for_an_answer_has_it_at_the_end(context: Context, slow: Slow) -> None:
    with served(context, slow) as (server, port):
        with socket.create_connection(("127.0.0.1", port)) as waiting:
            waiting.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            assert slow.begun.wait(20)
            assert server.is_busy
            ended = threading.Thread(target=server.stop)
            ended.start()
            slow.go_on.set()
            answer = b"".join(iter(lambda: waiting.recv(65536), b""))
            ended.join()
        assert answer.endswith(b"late")
        assert not server.is_busy
        assert server.requests == 1
        with socket.create_connection(("127.0.0.1", port)) as late:  # waits for the next control
            late.settimeout(0.2)
            late.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            with pytest.raises(TimeoutError):
                late.recv(1)


def test_a_client_that_says_nothing_or_nonsense_disturbs_nobody(context: Context, slow: Slow) -> None:
    with served(context, slow) as (_, port):
        silent = socket.create_connection(("127.0.0.1", port))
        for nonsense in (b"\x16\x03\x01\xff\xff" + bytes(300), b"\x00\xff nothing\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port)) as one:
                one.sendall(nonsense)
                one.shutdown(socket.SHUT_WR)
                while one.recv(65536):
                    pass
        with socket.create_connection(("127.0.0.1", port)) as plain:
            assert asked(plain, "/").endswith(b"here")
        silent.close()
