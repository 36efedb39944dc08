"""The listening sockets. What connects to them waits for the router, which may still be on its way."""

from __future__ import annotations

import contextlib
import socket
import struct

from localku.errors import LocalkuError, kind_of

BACKLOG = 1024

_ATTACH_FILTER = 26
"""SO_ATTACH_FILTER of Linux (asm-generic/socket.h), which Python does not name."""
_DROP = struct.pack("=HBBI", 0x06, 0, 0, 0)
"""The packet filter `return 0` (linux/filter.h)."""


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


def refuse(listening: socket.socket) -> None:
    """Let no new client in, in whichever process the socket is served; who has connected is still there to accept.

    To close a socket resets those who connect between the last `accept` and that moment. A client whose first packet
    is dropped tries again a second later, and hears then that nobody listens.
    """
    import ctypes  # not at the start of a command: few ports are ever closed

    program = ctypes.create_string_buffer(_DROP, len(_DROP))
    with contextlib.suppress(OSError):  # elsewhere than on Linux they are reset
        listening.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", 1, ctypes.addressof(program)))


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # or asyncio leaves Nagle on
    except OSError as error:
        raise LocalkuError(f"localku cannot listen on {host}: {error.strerror}.", kind=kind_of(error)) from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
        made.setblocking(False)  # noqa: FBT003
    except OSError as error:
        made.close()
        raise LocalkuError(
            f"localku cannot listen on {host} port {port}: {error.strerror}.",
            "Choose another port with --port, or stop what uses this one.",
            kind=kind_of(error),
        ) from error
    return made
