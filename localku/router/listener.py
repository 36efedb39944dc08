"""What comes in at the door: new connections, and the first byte that tells TLS from HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable

from localku.machine.first_bytes import TLS_HANDSHAKE, peek
from localku.machine.listening import BACKLOG, refuse
from localku.router.connection import Connection
from localku.router.http1 import thrift
from localku.router.router_limits import Limits
from localku.router.tls import hello
from localku.router.tls.server_names import ServerNames

_FULL = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
_AT_ONCE = 32  # before others have their turn
_FULL_PAUSE = 0.1


class Door:
    """Hands every new connection with its address and our port to `serve`, until it is closed: none is lost."""

    def __init__(self, listening: socket.socket, serve: Callable[[socket.socket, str, int], None]) -> None:
        self._listening = listening
        self.port = int(listening.getsockname()[1])
        self._serve = serve
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._open()

    def close(self) -> None:
        """Take those that have connected already, and listen no longer."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listening)
        with contextlib.suppress(OSError):
            self._accept(BACKLOG)
        self._listening.close()

    def shut(self) -> None:
        """The same where others hold the socket, too: let nobody in any more, who would be hung up on in the end."""
        refuse(self._listening)
        self.close()

    def _open(self) -> None:
        self._loop.add_reader(self._listening, self._look)

    def _look(self) -> None:
        try:
            self._accept(_AT_ONCE)
        except OSError:  # out of file descriptors, or of memory
            self._loop.remove_reader(self._listening)
            self._pause = self._loop.call_later(_FULL_PAUSE, self._open)

    def _accept(self, most: int) -> None:
        for _ in range(most):
            try:
                made, address = self._listening.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _FULL:
                    raise
                continue  # that client has gone again
            made.setblocking(False)  # noqa: FBT003
            self._serve(made, address[0], self.port)


async def greet(made: socket.socket, tls: ServerNames | None, limits: Limits) -> tuple[Connection, bool] | None:
    """Make a new socket a connection, in TLS if the client begins so; None if it comes to nothing."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limits.client_keep_alive):
            first = await peek(made, 1, bool)
        secure = first == TLS_HANDSHAKE
        if not first or (secure and tls is None):
            made.close()
            return None
        shown = await _certificate(made, tls, limits) if secure and tls is not None else None
        connection = Connection(limits.response_buffer, thrift.relieved)
        await loop.connect_accepted_socket(
            lambda: connection,
            made,
            ssl=shown,
            ssl_handshake_timeout=limits.client_head if secure else None,
        )
    except OSError:  # TimeoutError and ssl.SSLError are OSErrors: the client's failure, and nobody's request
        made.close()
        return None
    except asyncio.CancelledError:
        made.close()
        raise
    return connection, secure


async def _certificate(made: socket.socket, tls: ServerNames, limits: Limits) -> ssl.SSLContext:
    """What the client's first message asks for."""
    async with asyncio.timeout(limits.client_head):
        asked = hello.read(await peek(made, hello.MOST, lambda data: hello.read(data).whole))
    return await tls.context(asked.name)
