"""The ports of all apps: the parent listens, and lends the sockets to whichever router lives."""

from __future__ import annotations

import socket

from localku.errors import Kind, LocalkuError
from localku.machine.listening import listen

HOST = "localhost"
"""Loopback only, in both address families."""


class HeldPorts:
    def __init__(self) -> None:
        self._held: dict[int, tuple[socket.socket, ...]] = {}

    def open(self, number: int) -> tuple[socket.socket, ...] | None:
        """Listen on a port: return the new sockets, none where they are held already, None where somebody else does.

        Raises LocalkuError where this user may not.
        """
        if number in self._held:
            return ()
        try:
            found = tuple(listen(HOST, number))
        except LocalkuError as error:
            if error.kind is Kind.CONFLICT:
                return None
            raise
        self._held[number] = found
        return found

    def close(self, number: int) -> None:
        """Let go of a port. A router that has its sockets listens on."""
        for one in self._held.pop(number, ()):
            one.close()

    def numbers(self) -> set[int]:
        return set(self._held)

    def sockets(self) -> tuple[socket.socket, ...]:
        return tuple(one for port in self._held.values() for one in port)

    def lend_nothing(self) -> None:
        """In a child that is not the router: close its copies."""
        for one in self.sockets():
            one.close()
