"""Receivers of log drains that take nothing but what Heroku's Logplex sends."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"
HTTP = re.compile(rb"<(\d+)>1 (" + STAMP + rb") (\S+) (\S+) (\S+) - (.*)\n", re.DOTALL)
SYSLOG = re.compile(rb"<(\d+)>1 (" + STAMP + rb") (\S+) (\S+) (\S+) - - (.*)\n", re.DOTALL)


@dataclass(frozen=True)
class Message:
    pri: int
    time: str
    host: str
    source: str
    proc: str
    text: str

    @property
    def line(self) -> str:
        return f"{self.source}[{self.proc}]: {self.text}"


@dataclass(frozen=True)
class Post:
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    answered: int

    def header(self, name: str) -> str:
        (found,) = [value for key, value in self.headers if key == name]
        return found

    @property
    def messages(self) -> list[Message]:
        found = octet_counted(self.body, HTTP)
        assert int(self.header("Logplex-Msg-Count")) == len(found)
        return found


def octet_counted(raw: bytes, shape: re.Pattern[bytes]) -> list[Message]:
    """Take frames `LEN SP MESSAGE` apart; anything that is not one is an AssertionError."""
    found = []
    while raw:
        match = re.match(rb"([1-9][0-9]*) ", raw)
        assert match, raw[:80]
        end = match.end() + int(match[1])
        found.append(_message(raw[match.end() : end], shape))
        raw = raw[end:]
    return found


def _message(raw: bytes, shape: re.Pattern[bytes]) -> Message:
    match = shape.fullmatch(raw)
    assert match, raw
    pri, moment, host, source, proc, text = (group.decode() for group in match.groups())
    return Message(int(pri), moment, host, source, proc, text)


@dataclass
class Receiver:
    """Listens on 127.0.0.1; `scheme` is that of the drain's URL."""

    tls: ssl.SSLContext | None = None
    port: int = 0
    server: Any = field(init=False)

    def __enter__(self) -> Self:
        self.server = self._server(("127.0.0.1", self.port))
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _server(self, address: tuple[str, int]) -> Any:
        raise NotImplementedError

    @property
    def messages(self) -> list[Message]:
        raise NotImplementedError

    @property
    def lines(self) -> list[str]:
        return [message.line for message in self.messages]

    def wait(self, true: Callable[[Self], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not true(self):
            assert time.monotonic() < deadline, f"never; so far: {self.lines[-20:]}"
            time.sleep(0.01)


@dataclass
class HttpReceiver(Receiver):
    """Answers `answers` in turn, then 204; `posts` has all requests, `connections` how many carried them."""

    answers: deque[int] = field(default_factory=deque)
    posts: list[Post] = field(default_factory=list)
    connections: int = 0

    def url(self, login: str = "", path: str = "/logs?x=1") -> str:
        return f"{'https' if self.tls else 'http'}://{login}localhost:{self.port}{path}"

    @property
    def messages(self) -> list[Message]:
        return [message for post in self.posts if post.answered < 300 for message in post.messages]

    def _server(self, address: tuple[str, int]) -> Any:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                if receiver.tls is not None:
                    self.request = receiver.tls.wrap_socket(self.request, server_side=True)
                receiver.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.answers.popleft() if receiver.answers else 204
                receiver.posts.append(Post(self.path, self.headers.items(), body, status))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None: ...

        return Server(address, Handler)


@dataclass
class SyslogReceiver(Receiver):
    """Collects each connection's bytes."""

    streams: list[bytearray] = field(default_factory=list)
    sockets: list[Any] = field(default_factory=list)

    def url(self) -> str:
        return f"syslog{'+tls' if self.tls else ''}://localhost:{self.port}"

    @property
    def messages(self) -> list[Message]:
        return [message for stream in self.streams for message in octet_counted(bytes(stream), SYSLOG)]

    def hang_up(self) -> None:
        for one in self.sockets:
            one.shutdown(2)
        self.sockets.clear()

    def _server(self, address: tuple[str, int]) -> Any:
        receiver = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                mine = receiver.tls.wrap_socket(self.request, server_side=True) if receiver.tls else self.request
                stream = bytearray()
                receiver.streams.append(stream)
                receiver.sockets.append(mine)
                while piece := mine.recv(65536):
                    stream += piece

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, *_: object) -> None: ...

        return Server(address, Handler)
