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
    """A connection whose socket can be written to; whoever wants to read from it awaits `attached` first."""

    def __init__(self, made: socket.socket) -> None:
        super().__init__(READ_AHEAD)
        self._made = made
        self._unattached = _Unattached(made)
        self.transport = self._unattached

    async def attached(self) -> None:
        """Have the event loop look after it."""
        await self._loop.create_connection(lambda: self, sock=self._made)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.write(self._unattached.unsent)


class _Unattached(asyncio.Transport):
    """What a socket is written to through, and given up, before the event loop looks after it."""

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

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        self._made.close()
