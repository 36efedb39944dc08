"""A connection to a dyno while it is a bare socket, and how it becomes one that the event loop looks after.

What is written first is with the dyno before the event loop has made a transport of the socket, so that both work at
the same time. A short answer after which the dyno closes the connection is read from the bare socket, too: to have a
transport made takes as long as the rest of such a request.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket

from localku.router.connection import READ_AHEAD, Connection
from localku.router.opening.bare_sockets import BareSockets


class NewConnection(Connection):
    """It can be written to at once, and read from when it is `heard` or `attached`."""

    def __init__(self, made: socket.socket, sockets: BareSockets) -> None:
        super().__init__(READ_AHEAD)
        self._made = made
        self._bare = _Bare(made, sockets, self)
        self.transport = self._bare

    def heard(self) -> bool:
        """Read from the bare socket until it is `attached`; False where the event loop is needed to write the rest."""
        if self._bare.unsent:
            return False
        self._bare.resume_reading()
        return True

    async def attached(self) -> None:
        """Have the event loop look after it. Called once."""
        self._bare.pause_reading()
        if not self.lost:
            await self._attach(self._bare)

    async def _attach(self, bare: _Bare) -> None:
        transport, _ = await self._loop.create_connection(lambda: self, sock=self._made)
        self.transport = transport
        if self.lost:  # before uvloop knew whose descriptor it was, which another connection may have by now
            self._made.detach()
        if not self._reading:
            transport.pause_reading()
        self.write(bare.unsent)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport = self._bare  # until the event loop has all it needs


class _Bare(asyncio.Transport):
    """As much of a transport as a socket is that the event loop does not look after."""

    __slots__ = ("_connection", "_made", "_reads", "_sockets", "unsent")

    def __init__(self, made: socket.socket, sockets: BareSockets, connection: Connection) -> None:
        super().__init__()
        self._made = made
        self._connection: Connection | None = connection  # until the end, or only the garbage collector frees both
        self._sockets = sockets
        self._reads = False
        self.unsent = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        sent = 0
        if not self.unsent:
            with contextlib.suppress(OSError):  # there is no room, or what is wrong the event loop finds, too
                sent = self._made.send(data)
        self.unsent += data[sent:]

    def pause_reading(self) -> None:
        if self._reads:
            self._reads = False
            self._sockets.remove(self._made.fileno())

    def resume_reading(self) -> None:
        if not self._reads:
            self._reads = True
            self._sockets.add(self._made.fileno(), self._readable)

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        self.pause_reading()
        self._made.close()
        self._connection = None

    def _readable(self) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            data = self._made.recv(READ_AHEAD)
        except BlockingIOError:
            return
        except OSError as error:
            self.abort()
            connection.connection_lost(error)
            return
        if data:
            connection.data_received(data)
        else:
            self.pause_reading()
            connection.eof_received()
