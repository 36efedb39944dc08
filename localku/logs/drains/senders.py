"""How a batch of messages reaches a receiver: an HTTP POST, or bytes on a TCP or TLS connection."""

from __future__ import annotations

import base64
import http.client
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from localku.logs.drains.connect import TIMEOUT, Trust, connected, hung_up
from localku.logs.drains.frames import http_frame, syslog_frame

if TYPE_CHECKING:
    from localku.logs.drains.address import Address
    from localku.logs.line import LogLine

USER_AGENT = "Logplex/v72"
"""The version seen in captures; Heroku changes it from time to time."""


class RefusedError(Exception):
    """The receiver answered that it will never take these messages (4xx): Logplex drops them."""


class TemporaryError(OSError):
    """The receiver answered that it cannot take them now."""


@dataclass(frozen=True)
class Batch:
    """Messages that are sent, and sent again, under one id."""

    id: str
    count: int
    body: bytes


class Sender(Protocol):
    """`send` returns when the receiver has the batch; it raises RefusedError or OSError."""

    def frame(self, line: LogLine) -> bytes: ...

    def send(self, batch: Batch) -> None: ...

    def close(self) -> None: ...


class HttpSender:
    """POSTs batches over one connection that is kept."""

    def __init__(self, address: Address, token: str, trust: Trust) -> None:
        self._address = address
        self._token = token
        self._trust = trust
        self._connection: http.client.HTTPConnection | None = None

    def frame(self, line: LogLine) -> bytes:
        return http_frame(line)

    def send(self, batch: Batch) -> None:
        """Send a batch; a kept connection that turns out to be closed is made anew once."""
        kept = self._connection is not None
        try:
            self._post(batch)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            if kept and not isinstance(error, TemporaryError | TimeoutError):
                self.send(batch)
            elif isinstance(error, OSError):
                raise
            else:
                raise ConnectionError("it does not speak HTTP") from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, batch: Batch) -> None:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._address.host, self._address.port, timeout=TIMEOUT)
            self._connection.sock = connected(self._address, self._trust)
        self._connection.putrequest("POST", self._address.target, skip_host=True, skip_accept_encoding=True)
        for name, value in self._headers(batch).items():
            self._connection.putheader(name, value)
        self._connection.endheaders(batch.body)
        answer = self._connection.getresponse()
        answer.read()
        if answer.will_close:
            self.close()
        said = f"{answer.status} {answer.reason}".strip()
        if 400 <= answer.status < 500:  # noqa: PLR2004 - client errors
            raise RefusedError(said)
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - success
            raise TemporaryError(f"it answered {said}")

    def _headers(self, batch: Batch) -> dict[str, str]:
        """Logplex's headers in its order, and no other."""
        headers = {
            "Host": self._address.authority,
            "Content-Type": "application/logplex-1",
            "Logplex-Msg-Count": str(batch.count),
            "Logplex-Frame-Id": batch.id,
            "Logplex-Drain-Token": self._token,
            "User-Agent": USER_AGENT,
            "Content-Length": str(len(batch.body)),
        }
        if self._address.user or self._address.password:
            login = f"{self._address.user}:{self._address.password}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
        return headers


class SyslogSender:
    """Writes octet-counted frames to a connection, which carries no acknowledgement of its own."""

    def __init__(self, address: Address, token: str, trust: Trust) -> None:
        self._address = address
        self._token = token
        self._trust = trust
        self._socket: socket.socket | None = None

    def frame(self, line: LogLine) -> bytes:
        return syslog_frame(line, self._token)

    def send(self, batch: Batch) -> None:
        if self._socket is not None and hung_up(self._socket):
            self.close()
        try:
            if self._socket is None:
                self._socket = connected(self._address, self._trust)
            self._socket.sendall(batch.body)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def sender(address: Address, token: str, trust: Trust) -> Sender:
    return (HttpSender if address.is_http else SyslogSender)(address, token, trust)
