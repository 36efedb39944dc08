"""The door: listening sockets, and the first byte that tells TLS from HTTP."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable

from localku.errors import LocalkuError
from localku.router.connection import Connection
from localku.router.router_limits import Limits

_TLS_HANDSHAKE = b"\x16"  # RFC 8446 §5.1, the content type of the first record
_FULL = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
_BACKLOG = 1024


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on `host` and `port` (0: any free one); `localhost` is 127.0.0.1 and, if there is one, ::1.

    Raises LocalkuError where the port is taken or not allowed.
    """
    first = _bind("127.0.0.1" if host == "localhost" else host, port)
    found = [first]
    if host == "localhost":
        try:
            found.append(_bind("::1", first.getsockname()[1]))
        except LocalkuError:
            return found  # no IPv6 here, or somebody else's server on it
    return found


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # or asyncio leaves Nagle on
    except OSError as error:
        raise LocalkuError(f"The router cannot listen on {host}: {error.strerror}.") from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)
        made.setblocking(False)  # noqa: FBT003
    except OSError as error:
        made.close()
        raise LocalkuError(
            f"The router cannot listen on {host} port {port}: {error.strerror}.",
            "Choose another port with --port, or stop what uses this one.",
        ) from error
    return made


async def accept(door: socket.socket, serve: Callable[[socket.socket, str], None]) -> None:
    """Hand every new connection with its address to `serve`, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            made, address = await loop.sock_accept(door)
        except OSError as error:
            if error.errno in _FULL:
                await asyncio.sleep(0.1)
            continue
        serve(made, address[0])


async def greet(made: socket.socket, tls: ssl.SSLContext | None, limits: Limits) -> tuple[Connection, bool] | None:
    """Make a new socket a connection, in TLS if the client begins so; None if it comes to nothing."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limits.client_keep_alive):
            first = await _peek(made)
        secure = first == _TLS_HANDSHAKE
        if not first or (secure and tls is None):
            made.close()
            return None
        connection = Connection(limits.response_buffer)
        await loop.connect_accepted_socket(
            lambda: connection,
            made,
            ssl=tls if secure else None,
            ssl_handshake_timeout=limits.client_head if secure else None,
        )
    except OSError:  # TimeoutError and ssl.SSLError are OSErrors: the client's failure, and nobody's request
        made.close()
        return None
    except asyncio.CancelledError:
        made.close()
        raise
    return connection, secure


def _peek(made: socket.socket) -> Awaitable[bytes]:
    """The first byte, left where it is; empty if the client has gone."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[bytes] = loop.create_future()

    def look() -> None:
        try:
            first = made.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        if not found.done():
            found.set_result(first)

    look()
    if not found.done():
        loop.add_reader(made, look)
        found.add_done_callback(lambda _: loop.remove_reader(made))
    return found
