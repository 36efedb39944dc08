"""The connection between the parent and the child that serves its ports: a packet for each port that comes or goes.

Both ends' words stand here side by side: `tell_opened` and `tell_closing` are read by `PortLink.received`, and what
`PortLink.closed` writes by `left`.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from localku.server.parent.link import Closing, Opened, Told

MOST_BYTES = 64
MOST_SOCKETS = 4


def tell_opened(child: socket.socket, port: int, sockets: tuple[socket.socket, ...]) -> None:
    with suppress(OSError):  # it is dying: the next one has them from the start
        socket.send_fds(child, [f"open {port}".encode()], [one.fileno() for one in sockets])


def tell_closing(child: socket.socket, port: int) -> None:
    with suppress(OSError):  # it is dying: the next one is told
        child.send(f"close {port}".encode())


def left(packet: bytes) -> int:
    """Return the port that a child says it has left."""
    return int(packet)


class PortLink:
    """The child's end."""

    def __init__(self, joined: socket.socket) -> None:
        joined.setblocking(False)  # noqa: FBT003
        self._joined = joined

    def fileno(self) -> int:
        """Readable when there is something to receive, or the parent is gone."""
        return self._joined.fileno()

    def received(self) -> tuple[Told, ...] | None:
        """What has come since the last call, without waiting for more; None once the parent is gone."""
        found: list[Told] = []
        while True:
            try:
                packet, descriptors, _flags, _address = socket.recv_fds(self._joined, MOST_BYTES, MOST_SOCKETS)
            except BlockingIOError:
                return tuple(found)
            except ConnectionError:
                packet, descriptors = b"", []
            if not packet:
                return tuple(found) or None
            found.append(_told(packet, descriptors))

    def closed(self, port: int) -> None:
        """Say that whoever had connected to a port in `Closing` is taken, and that this child listens no longer."""
        with suppress(BrokenPipeError, ConnectionResetError):  # the parent is gone, which `received` tells
            self._joined.send(str(port).encode())


def _told(packet: bytes, descriptors: list[int]) -> Told:
    word, _, port = packet.decode().partition(" ")
    if word == "open":
        return Opened(int(port), tuple(_listening(one) for one in descriptors))
    return Closing(int(port))


def _listening(descriptor: int) -> socket.socket:
    os.set_inheritable(descriptor, False)  # noqa: FBT003
    found = socket.socket(fileno=descriptor)
    found.setblocking(False)  # noqa: FBT003
    return found
