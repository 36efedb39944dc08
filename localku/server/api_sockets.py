"""What the parent listens at for the API: one port of the state folder, on loopback."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

from localku.control import api_port
from localku.errors import Kind, LocalkuError
from localku.machine.listening import listen
from localku.platform import api_address

_log = logging.getLogger(__name__)


def listening(home: Path) -> tuple[socket.socket, ...]:
    """Listen on the state folder's port, or choose one; nothing where that is taken: apps run without an API too."""
    chosen = api_port.of(home)
    try:
        return _opened(home) if chosen is None else tuple(listen(api_port.HOST, chosen))
    except LocalkuError as error:
        told = error if chosen is None else api_address.worded(chosen, error)
        _log.warning("no API: %s", told.text())
        return ()


def _opened(home: Path) -> tuple[socket.socket, ...]:
    for number in range(api_port.FIRST, api_port.FIRST + api_port.TRIED):
        try:
            found = tuple(listen(api_port.HOST, number))
        except LocalkuError as error:
            if error.kind is not Kind.CONFLICT:
                raise
            continue
        api_port.choose(home, number)
        return found
    raise LocalkuError(f"No port from {api_port.FIRST} on is free.", kind=Kind.CONFLICT)
