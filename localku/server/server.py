"""The server's parent process, from its start to its end."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from localku import locks
from localku.control import bell, digest, family_record, server_address
from localku.control.ending import server_lock
from localku.errors import CLIENT, Kind, LocalkuError
from localku.server import api_sockets, server_log
from localku.server.parent.child import Main
from localku.server.parent.family import Family, Steps
from localku.server.parent.held_ports import HeldPorts
from localku.server.parent.port_duties import PortDuties

BACKLOG = 256
LOCK_SECONDS = 5.0
"""Real seconds for the processes of a server that was killed to be gone."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sockets:
    """What the parent listens at: `door` for commands, the bell, the ports of the apps, and that of the API."""

    door: socket.socket
    bell: socket.socket
    ports: HeldPorts
    api: tuple[socket.socket, ...]


Children = Callable[[Sockets], Mapping[str, Main]]
"""What each child does, by its name, in the order in which they start and end."""


def main(home: Path, children: Children, prepare: Mapping[str, Steps], *, watched: int | None = None) -> None:
    """Be the server of a state folder until it is told to end.

    `prepare` is what is done before a child starts; see `Family`. `watched` is a descriptor for whoever looks on.
    Raises LocalkuError where the folder has a server.
    """
    os.umask(0o077)
    os.chdir("/")
    digest.mine()
    with locks.held_after(server_lock(home), _patience(home)):
        family_record.write(home, ())
        server_log.log_here(home, "parent", also=watched)
        sockets = _listening(home)
        try:
            _log.info("the server starts")
            logged = {name: _logged(home, name, run, watched) for name, run in children(sockets).items()}
            Family(logged, _duties(home, sockets)).run(prepare)
            _log.info("the server has ended")
        finally:
            _forget(home)


def _logged(home: Path, name: str, run: Main, watched: int | None) -> Main:
    def work(joined: socket.socket) -> None:
        server_log.log_here(home, name, also=watched)
        run(joined)

    return work


def _duties(home: Path, sockets: Sockets) -> PortDuties:
    forget, note = partial(_forget, home), partial(family_record.write, home)
    return PortDuties(sockets.ports, (sockets.door, sockets.bell, *sockets.api), forget, note)


def _listening(home: Path) -> Sockets:
    file = server_address.socket_file(home)
    file.unlink(missing_ok=True)  # a killed server's
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(str(file))
    door.listen(BACKLOG)
    return Sockets(door, bell.listen(home), HeldPorts(), api_sockets.listening(home))


def _forget(home: Path) -> None:
    """Let nobody find the server: whoever needs one starts another."""
    for file in (server_address.socket_file(home), server_address.bell_file(home)):
        with suppress(OSError):
            file.unlink()


def _patience(home: Path) -> Callable[[], None]:
    deadline = time.monotonic() + LOCK_SECONDS

    def wait() -> None:
        if time.monotonic() > deadline:
            raise LocalkuError(
                f"The state folder {home} has a server (process {locks.holder(server_lock(home))}).",
                f"`{CLIENT} server:status` shows it, `{CLIENT} server:stop` stops it.",
                kind=Kind.CONFLICT,
            )

    return wait
