r"""A meeting point for a client and the dyno it has asked for: TLS, a secret, then bytes both ways.

As Heroku's CLI speaks it (github.com/heroku/cli, src/lib/run/dyno.ts): it sends the secret, throws away the first
piece that it gets, and says at the end of its input that there is no more with one byte, `\\x04`.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from localku.errors import Kind, LocalkuError

if TYPE_CHECKING:
    from types import TracebackType

    from localku.platform.dynos.attached_dyno import Connection

HOST = "127.0.0.1"
GREETING = b"rendezvous\r\n"
END_OF_INPUT = b"\x04"
CHUNK = 65536

MEET_SECONDS = 60.0
SECRET_SECONDS = 10.0
END_SECONDS = 1.0
"""Real seconds for the client to come, to say its secret, and for its last word: it breaks off with an error where it
is hung up on before that."""

GONE = 129
"""Exit status of what a lost client has ended: 128 and SIGHUP."""

_log = logging.getLogger(__name__)


class Rendezvous:
    """Listens until the client who knows the secret has come."""

    def __init__(self, secure: ssl.SSLContext) -> None:
        self._secure = secure
        self._secret = secrets.token_hex(32)
        self._listening = socket.create_server((HOST, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._listening.close()

    @property
    def url(self) -> str:
        return f"rendezvous://{HOST}:{self._listening.getsockname()[1]}/{self._secret}"

    def met(self) -> Joined:
        """Wait for the client. Raises LocalkuError where it does not come."""
        deadline = time.monotonic() + MEET_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            self._listening.settimeout(left)
            with suppress(OSError):  # others who come here have nothing to say
                made, _ = self._listening.accept()
                made.settimeout(SECRET_SECONDS)
                client = self._secure.wrap_socket(made, server_side=True)
                if self._knows(client):
                    client.settimeout(None)
                    return Joined(client)
                client.close()
        raise LocalkuError("The client did not come.", kind=Kind.FAILED, resource="dyno")

    def _knows(self, client: ssl.SSLSocket) -> bool:
        said = b""
        while len(said) < len(self._secret):
            piece = client.recv(len(self._secret) - len(said))
            if not piece:
                return False
            said += piece
        return hmac.compare_digest(said, self._secret.encode())


class Joined:
    """The client. `join` is what `run_attached` calls once the dyno runs."""

    def __init__(self, client: ssl.SSLSocket) -> None:
        self._client = client
        self._is_gone = threading.Event()
        self._said_all = threading.Event()

    def join(self, connection: Connection) -> None:
        """Carry bytes until the dyno's process is over. Raises SystemExit where the client has gone before."""
        self._send(GREETING)
        threading.Thread(target=self._carry_input, args=(connection,), name="input", daemon=True).start()
        for piece in _output(connection):
            connection.touched()
            self._send(piece)
        if self._is_gone.is_set():
            raise SystemExit(GONE)

    def say(self, line: str) -> None:
        """Show the client a line of localku's own."""
        self._send(f" !     {line}\r\n".encode())

    def close(self) -> None:
        """Hang up, when the client has said all it has to say."""
        self._said_all.wait(END_SECONDS)
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)
        self._client.close()

    def _send(self, data: bytes) -> None:
        try:
            self._client.sendall(data)
        except OSError:  # who reads it has gone; `_carry_input` notices, too
            self._is_gone.set()

    def _carry_input(self, connection: Connection) -> None:
        first = True
        try:
            while data := self._client.recv(CHUNK):
                connection.touched()
                data = data.removeprefix(b"\r\n") if first else data  # of the secret
                first = False
                self._pass_on(connection, data)
        except OSError as error:
            _log.info("a client of a dyno went away: %s", error)
        self._is_gone.set()
        self._said_all.set()
        connection.stream.hang_up()

    def _pass_on(self, connection: Connection, data: bytes) -> None:
        """On a terminal the last byte means the end of input by itself; a pipe is ended."""
        over = data.endswith(END_OF_INPUT)
        kept = data if connection.tty else data.removesuffix(END_OF_INPUT)
        with suppress(OSError):  # the process may end before it has read all of its input
            if kept:
                connection.stream.send(kept)
            if over and not connection.tty:
                connection.stream.end_input()
        if over:
            self._said_all.set()


def _output(connection: Connection) -> Iterator[bytes]:
    if not connection.tty:
        yield from (data for _, data in connection.stream.frames())
        return
    while data := connection.stream.receive():
        yield data
