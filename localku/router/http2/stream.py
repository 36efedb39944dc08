"""One stream: to the router a client connection that sends one request, to HTTP/2 a pair of bodies."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Protocol

import h11

from localku.router.connection import Connection
from localku.router.http1.bodies import chunk
from localku.router.http2 import heads

_LAST_CHUNK = b"0\r\n\r\n"


class Wire(Protocol):
    """What a stream asks of the connection it belongs to."""

    def head(self, number: int, headers: heads.Pairs) -> None: ...
    def flush(self) -> None: ...
    def consumed(self, number: int, size: int) -> None: ...
    def reset(self, number: int) -> None: ...
    def forget(self, number: int) -> None: ...


class Stream(asyncio.Transport):
    """The transport under a `Connection`: what is written to it as HTTP/1.1 goes out as frames."""

    def __init__(self, wire: Wire, number: int, method: bytes, connection: Connection, *, chunked: bool) -> None:
        super().__init__()
        self.connection = connection
        self.outgoing: deque[bytes] = deque()
        """Pieces of the response's body that wait for the client's permission."""
        self.whole = False  # the response has been written to its end
        self.gone = False
        self._wire = wire
        self._number = number
        self._chunked = chunked
        self._reader = h11.Connection(h11.CLIENT)
        self._reader.send(h11.Request(method=method, target="/", headers=[("Host", "stream")]))
        self._requested = False  # the request has come to its end
        self._unread = 0
        self._reads = True
        self._high = 64 * 1024
        self._paused = False
        connection.connection_made(self)

    # From the client

    def begin(self, head: bytes, *, ended: bool) -> None:
        self._requested = ended
        self.connection.data_received(head)

    def receive(self, data: bytes, size: int) -> None:
        """Take a piece of the request's body; `size` is what it counts in the client's window."""
        self.connection.data_received(chunk(data) if self._chunked and data else data)
        if self._reads:
            self._wire.consumed(self._number, size)
        else:
            self._unread += size

    def request_ended(self) -> None:
        if not self._requested:
            self._requested = True
            if self._chunked:
                self.connection.data_received(_LAST_CHUNK)

    def lose(self) -> None:
        """The client has given the stream up, or the whole connection is gone."""
        if not self.gone:
            self._leave()
            self.connection.connection_lost(None)

    def _leave(self) -> None:
        self.gone = True
        self.resume_reading()  # what nobody will read still counts in the window of the whole connection
        self._wire.forget(self._number)

    # To the client

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.gone or self.whole:
            return
        try:
            self._reader.receive_data(bytes(data))
            self._relay()
        except h11.RemoteProtocolError:  # a head of the dyno's that HTTP/1.1 bears and HTTP/2 does not
            self.abort()

    def _relay(self) -> None:
        while self._relay_one(self._reader.next_event()):
            pass
        self._wire.flush()
        if self.get_write_buffer_size() > self._high and not self._paused:
            self._paused = True
            self.connection.pause_writing()

    def _relay_one(self, event: object) -> bool:
        """Pass a part of the response on; whether another may follow."""
        if isinstance(event, (h11.InformationalResponse, h11.Response)):
            self._wire.head(self._number, heads.response(event.status_code, event.headers.raw_items()))
        elif isinstance(event, h11.Data):
            self.outgoing.append(bytes(event.data))
        else:  # the end, or nothing more for now
            self.whole = self.whole or isinstance(event, h11.EndOfMessage)
            return False
        return True

    def sent_some(self) -> None:
        """Some of `outgoing` has gone."""
        if self._paused and self.get_write_buffer_size() <= self._high // 2:
            self._paused = False
            self.connection.resume_writing()

    def finished(self) -> None:
        """All of the response is with the client. Where the request has no end yet, nobody waits for it."""
        if not self._requested:
            self._wire.reset(self._number)
        self._leave()
        asyncio.get_running_loop().call_soon(self.connection.eof_received)

    def write_eof(self) -> None:
        self._end_unframed()

    def close(self) -> None:
        self._end_unframed()

    def _end_unframed(self) -> None:
        """Where only the end of the connection would have ended the body, end it."""
        self.write(b"")

    def abort(self) -> None:
        if not self.gone:
            self._wire.reset(self._number)
            self.lose()

    # The rest of a transport

    def pause_reading(self) -> None:
        self._reads = False

    def resume_reading(self) -> None:
        self._reads = True
        size, self._unread = self._unread, 0
        if size:
            self._wire.consumed(self._number, size)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:  # noqa: ARG002
        self._high = self._high if high is None else high

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.outgoing))

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return self.gone

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ARG002
        return default
