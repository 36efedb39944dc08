"""A TCP connection to an address of this machine, at half of what asyncio's own way takes.

What is written first is with the dyno before the event loop has made a transport of the socket, so that both work at
the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket

from localku.router.connection import READ_AHEAD, Connection

_UNDER_WAY = frozenset((errno.EINPROGRESS, errno.EALREADY))
_DONE = frozenset((0, errno.EISCONN))


async def connected(host: str, port: int, within: float) -> socket.socket:
    """A socket connected to a numeric address. Raises OSError; TimeoutError after so many seconds is one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, socket.IPPROTO_TCP)
    try:
        result = made.connect_ex((host, port))
        if result in _UNDER_WAY:  # that much is always said; asked again, Linux knows how it went with its own
            result = made.connect_ex((host, port))
        if result in _UNDER_WAY:
            async with asyncio.timeout(within):
                await _writable(made)
            result = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        _check(result)
    except BaseException:
        made.close()
        raise
    return made


def _check(result: int) -> None:
    if result not in _DONE:
        raise OSError(result, os.strerror(result))


async def _writable(made: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    loop.add_writer(made, done.set)
    try:
        await done.wait()
    finally:
        loop.remove_writer(made)


class NewConnection(Connection):
    """A connection that is a bare socket at first, which can be written to. It is `attached` before it is read from."""

    def __init__(self, made: socket.socket) -> None:
        super().__init__(READ_AHEAD)
        self._made = made
        self._bare = self.transport = _Bare(made)

    async def attached(self) -> None:
        """Have the event loop look after it. Called once."""
        bare = self._bare
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

    def __init__(self, made: socket.socket) -> None:
        super().__init__()
        self._made = made
        self.unsent = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        sent = 0
        if not self.unsent:
            with contextlib.suppress(OSError):  # there is no room, or what is wrong the event loop finds, too
                sent = self._made.send(data)
        self.unsent += data[sent:]

    def pause_reading(self) -> None:
        """The transport is told as soon as there is one."""

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        self._made.close()
