"""A Docker engine's HTTP on a Unix socket, with the answers a test gives it."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

VERSION = {"Version": "27.0", "ApiVersion": "1.44", "MinAPIVersion": "1.24", "Platform": {"Name": "Docker Engine"}}
UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nContent-Type: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
Answer = tuple[int, Any] | Callable[[Any], None]


class UnixEngine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """`answers` maps `METHOD /path` (no API version, no query) to a status and JSON, or to a function."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.path = path
        self.answers: dict[str, Answer] = {"GET /version": (200, VERSION)}
        self.requests: list[tuple[str, Any]] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def handle_error(self, *_: Any) -> None:
        """A client that goes away is what some tests are about."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: UnixEngine
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = re.sub(r"^/v[0-9.]+", "", self.path.partition("?")[0])
        key = f"{self.command} {path}"
        self.server.requests.append((key, json.loads(body) if body.startswith(b"{") else body))
        answer = self.server.answers.get(key, (404, {"message": f"no answer for {key}"}))
        if callable(answer):
            answer(self)
        else:
            self.reply(*answer)

    def reply(self, status: int, content: Any) -> None:
        raw = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def hang_up(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    do_GET = do_POST = do_DELETE = do_PUT = _answer  # noqa: N815

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _TcpEngine(ThreadingHTTPServer):
    request_queue_size = 100

    def __init__(self, server: UnixEngine) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.requests = server.answers, list[tuple[str, Any]]()


@contextmanager
def address(server: UnixEngine, kind: str) -> Iterator[str]:
    """Give where the engine answers, on its socket (`unix`) or beside it (`tcp`)."""
    if kind == "unix":
        yield server.url
        return
    with _TcpEngine(server) as tcp:
        threading.Thread(target=tcp.serve_forever, args=(0.01,), daemon=True).start()
        yield f"tcp://127.0.0.1:{tcp.server_address[1]}"
        tcp.shutdown()


def frame(stream: int, text: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


def raw(*pieces: bytes) -> Any:
    def answer(handler: Any) -> None:
        handler.wfile.write(b"".join(pieces))
        handler.hang_up()

    return answer
