"""Connecting to an address of this machine, at half of what asyncio's own way takes."""

from __future__ import annotations

import asyncio
import errno
import os
import socket

_UNDER_WAY = frozenset((errno.EINPROGRESS, errno.EALREADY))
_DONE = frozenset((0, errno.EISCONN))
_KIND = int(socket.SOCK_STREAM | socket.SOCK_NONBLOCK)


class Attempt:
    """A connection to a numeric address, from its first moment on."""

    __slots__ = ("_made", "_result")

    def __init__(self, host: str, port: int) -> None:
        """Raises OSError where there is no socket to be had."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._made = made = socket.socket(family, _KIND, socket.IPPROTO_TCP)
        try:
            self._result = made.connect_ex((host, port))
            if (
                self._result in _UNDER_WAY
            ):  # that much is always said; asked again, Linux knows how it went with its own
                self._result = made.connect_ex((host, port))
        except BaseException:
            made.close()
            raise

    @property
    def made(self) -> socket.socket | None:
        """The socket, if it is connected already."""
        return self._made if self._result in _DONE else None

    def give_up(self) -> None:
        self._made.close()

    async def finished(self, within: float) -> socket.socket:
        """Wait until it is connected. Raises OSError; TimeoutError after so many seconds is one."""
        try:
            if self._result in _UNDER_WAY:
                async with asyncio.timeout(within):
                    await _writable(self._made)
                self._result = self._made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            _check(self._result)
        except BaseException:
            self._made.close()
            raise
        return self._made


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
