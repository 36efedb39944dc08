"""The doorbell: tells a server that something in the store has changed, and says nothing of what it is."""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

from localku.control import server_address
from localku.errors import LocalkuError

RING_BYTES = 100


def ring(home: Path, uuid: str = "") -> None:
    """Ring, where somebody listens; `uuid` names the app that somebody waits for.

    Nobody waits here: a queue that is full of rings wakes whoever is to be woken.
    """
    with suppress(OSError, LocalkuError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)  # noqa: FBT003
        sender.sendto(uuid.encode(), _bell(home))


@cache
def _bell(home: Path) -> str:
    """Looked up once in a process, which may commit often."""
    return str(server_address.bell_file(home))


def listen(home: Path) -> socket.socket:
    """In the server: the end at which rings arrive, each a datagram."""
    file = server_address.bell_file(home)
    file.unlink(missing_ok=True)
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(str(file))
    return heard


def heard(bell: socket.socket) -> set[str]:
    """Wait for a ring, and take what has come by then: the UUIDs of apps that somebody waits for, and "".

    The same ring many times means no more than once.
    """
    bell.setblocking(True)  # noqa: FBT003
    found = {bell.recv(RING_BYTES)}
    with suppress(BlockingIOError):
        while True:
            found.add(bell.recv(RING_BYTES, socket.MSG_DONTWAIT))
    return {ring.decode(errors="replace") for ring in found}
