"""HTTP on an engine's Unix socket, by hand: to import Python's own takes longer than an engine to answer.

Each call has a connection of its own and asks in HTTP/1.0, so that an answer ends with it.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from socket import SocketIO
from typing import Any
from urllib.parse import urlencode

from localku.engine.http import http_answer
from localku.engine.refused import Refused

BAD = 400

Words = Mapping[str, object]


class UnixHttp:
    def __init__(self, path: str, seconds: float) -> None:
        """A call takes so many `seconds` at most, and so does each piece of a stream."""
        self._path = path
        self._seconds = seconds
        self._prefix = ""

    def stream(self, method: str, target: str, params: Words) -> tuple[socket.socket, http_answer.Headers]:
        """Ask for what comes bit by bit; return its connection, at the first byte of the body, and the headers."""
        connection = self._asked(method, target, params, b"")
        try:
            return connection, self._accepted(connection)
        except BaseException:
            connection.close()
            raise

    def _json(
        self,
        method: str,
        target: str,
        params: Words | None = None,
        body: Words | None = None,
        seconds: float | None = None,
    ) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        return json.loads(self._done(method, target, params or {}, data, seconds=seconds))

    def _done(
        self, method: str, target: str, params: Words | None = None, body: bytes = b"", *, seconds: float | None = None
    ) -> bytes:
        """Ask, and return the body of the answer. Raise Refused, or OSError where there is none."""
        with self._asked(method, target, params or {}, body, seconds=seconds) as connection:
            status, headers = http_answer.head(connection)
            content = http_answer.content(connection, headers)
        if status >= BAD:
            raise Refused(status, http_answer.message(content))
        return content

    def _two_way(self, target: str, params: Words, body: Words | None = None) -> SocketIO:
        """Ask for a stream, and return its socket as a file without a buffer, which ends with it."""
        data = b"" if body is None else json.dumps(body).encode()
        connection = self._asked("POST", target, params, data, upgrade=True)
        with connection:  # the file that is made of it holds it open
            self._accepted(connection)
            return connection.makefile("rwb", buffering=0)

    @staticmethod
    def _accepted(connection: socket.socket) -> http_answer.Headers:
        """Read the head of an answer whose body is for somebody else, unless that says why there is none."""
        status, headers = http_answer.head(connection)
        if status >= BAD:
            raise Refused(status, http_answer.message(http_answer.content(connection, headers)))
        return headers

    def _asked(
        self,
        method: str,
        target: str,
        params: Words,
        body: bytes,
        *,
        upgrade: bool = False,
        seconds: float | None = None,
    ) -> socket.socket:
        query = f"?{urlencode(params)}" if params else ""
        version, more = ("1.1", "Connection: Upgrade\r\nUpgrade: tcp\r\n") if upgrade else ("1.0", "")
        kind = "Content-Type: application/json\r\n" if body.startswith(b"{") else ""
        lines = f"{method} {self._prefix}{target}{query} HTTP/{version}\r\nHost: docker\r\n{more}{kind}"
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self._seconds if seconds is None else seconds)
            connection.connect(self._path)
            connection.sendall(f"{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        except BaseException:
            connection.close()
            raise
        return connection
