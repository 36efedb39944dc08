"""What the server's parent tells the child that serves its ports, and hears from it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Opened:
    """A port to serve from now on, and its listening sockets."""

    port: int
    sockets: tuple[socket.socket, ...]


@dataclass(frozen=True)
class Closing:
    """A port to serve no longer; the parent has closed its own copies of the sockets, or will when it is told."""

    port: int


Told = Opened | Closing


class Link(Protocol):
    """A child's end of the connection to its parent."""

    def fileno(self) -> int:
        """Readable when there is something to receive, or the parent is gone."""

    def received(self) -> tuple[Told, ...] | None:
        """What has come since the last call, without waiting for more; None once the parent is gone."""

    def closed(self, port: int) -> None:
        """Say that whoever had connected to a port in `Closing` is taken, and that this child listens no longer."""
