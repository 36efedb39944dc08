"""A container's standard input and output on one socket."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any, cast

BUFFER = 1 << 18
"""Bytes that are taken at once where they are there: a busy machine wakes nobody for each of the engine's frames."""


class TwoWay:
    """A container's standard input and output on one socket."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._socket = raw_socket(stream)

    def wait_for_ever(self) -> None:
        """Have no piece come too late: the engine's library gives up after a minute of silence."""
        self._socket.settimeout(None)

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def end_input(self) -> None:
        """Tell the process that its standard input is over."""
        self._socket.shutdown(socket.SHUT_WR)

    def receive(self) -> bytes:
        """Read what has come; empty when the process is over. Of a container with a tty only."""
        return self._socket.recv(65536)

    def frames(self, *, strict: bool = False) -> Iterator[tuple[int, bytes]]:
        """Yield (1, stdout) and (2, stderr) pieces until the process is over. Of a container without a tty.

        With `strict` what is neither raises ValueError: a sentence of the engine's.
        """
        with self._socket.makefile("rb", buffering=BUFFER) as buffered:
            while len(header := buffered.read(8)) == 8:  # noqa: PLR2004
                stream, size = struct.unpack(">BxxxL", header)
                if strict and stream not in (1, 2):
                    raise ValueError(f"{stream} is not a valid stream")
                yield stream, buffered.read(size)

    def hang_up(self) -> None:
        """End the conversation both ways, whoever waits for it just now."""
        with contextlib.suppress(OSError):  # it is over already
            self._socket.shutdown(socket.SHUT_RDWR)


def raw_socket(sock: Any) -> socket.socket:
    return cast("socket.socket", getattr(sock, "_sock", sock))
