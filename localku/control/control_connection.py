"""One connection between a command and the server: messages, a line each."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress

from localku.control.codec import Garbled
from localku.control.messages import Message, decode, encode

MOST_BYTES = 4 << 20
"""In one line: the status of a thousand apps has about 200 KB."""

CHUNK = 65536
CREDENTIALS = struct.Struct("3i")


class Connection:
    """May send from several threads: a line goes out at once. One thread at a time receives."""

    def __init__(self, joined: socket.socket) -> None:
        self._socket = joined
        self._heard = b""

    def send(self, message: Message) -> None:
        """Raises OSError where the other end is gone."""
        self._socket.sendall(encode(message))

    def receive(self, seconds: float | None = None) -> Message | None:
        """Wait for the next message; None when the other end is gone. Raises TimeoutError after `seconds`."""
        self._socket.settimeout(seconds)
        while b"\n" not in self._heard:
            try:
                more = self._socket.recv(CHUNK)
            except ConnectionError:
                more = b""
            if not more:
                return None
            self._heard += more
            if len(self._heard) > MOST_BYTES:
                raise Garbled("localku's server was not understood: a line without end.")
        line, _, self._heard = self._heard.partition(b"\n")
        return decode(line)

    def is_ours(self) -> bool:
        """Whether this user's process is at the other end (SO_PEERCRED of unix(7))."""
        told = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        return bool(CREDENTIALS.unpack(told)[1] == os.geteuid())

    @property
    def is_over(self) -> bool:
        """Whether the other end has gone, though nobody has received that yet. From any thread."""
        try:
            with socket.socket(fileno=os.dup(self._socket.fileno())) as looking:  # whoever receives may have a timeout
                return not looking.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def hang_up(self) -> None:
        """End what another thread receives here; the other end is told."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def leave_open(self) -> int:
        """Leave it to this process and to the program that this process becomes: it ends with that.

        Return its descriptor.
        """
        descriptor = self._socket.detach()
        os.set_inheritable(descriptor, True)  # noqa: FBT003
        return descriptor

    def close(self) -> None:
        self._socket.close()
