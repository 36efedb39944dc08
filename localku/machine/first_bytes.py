"""The first bytes of a new connection, which tell TLS from HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

TLS_HANDSHAKE = b"\x16"
"""The content type of TLS's first record (RFC 8446 §5.1)."""


def peek(made: socket.socket, most: int, enough: Callable[[bytes], bool]) -> Awaitable[bytes]:
    """The first bytes, left where they are; fewer than `enough` if the client sends no more."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[bytes] = loop.create_future()
    seen = 0

    def look() -> None:
        nonlocal seen
        try:
            first = made.recv(most, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        if len(first) > seen and not enough(first):
            seen = len(first)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, seen + 1)  # not to be told of those again
        elif not found.done():
            found.set_result(first)

    def leave(_: asyncio.Future[bytes]) -> None:
        loop.remove_reader(made)
        if seen:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)

    look()
    if not found.done():
        loop.add_reader(made, look)
        found.add_done_callback(leave)
    return found
