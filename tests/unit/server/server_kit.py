"""A server in a process of its own, whose children do little: they say which process has served a client.

Also the program of that process: `python server_kit.py HOME`.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from localku import locks
from localku.control import ending, family_record, server_client
from localku.control.messages import Bring, Brought, ProcessStatus
from localku.control.server_client import Client
from localku.errors import LocalkuError
from localku.opening import open_context
from localku.server import control_process, server
from localku.server.control_process import Given
from localku.server.parent.errands import Errands
from localku.server.parent.link import Opened
from localku.server.parent.port_link import PortLink

if TYPE_CHECKING:
    import pytest

    from localku.server.parent.child import Main
    from localku.server.server import Sockets
    from localku.telling import Say

LOCALKU = (sys.executable, "-m", "localku")

Found = TypeVar("Found")


class Work:
    """Runs nothing: what is asked for is written into files of the state folder."""

    def __init__(self, home: Path, errands: Errands) -> None:
        self.desk = self
        self.home = home
        self.errands = errands
        self.over: dict[str, threading.Event] = {}

    def note(self, line: str) -> None:
        with (self.home / "notes").open("a") as file:
            file.write(f"{line}\n")

    def bring(self, order: Bring, say: Say) -> Brought:
        port = order.port or 0
        if not self.errands.open(port):
            say(f"Port {port} is in use")
        self.note(f"up {order.app}")
        self.over[order.app] = threading.Event()
        return Brought(port)

    def begin(self) -> None:
        """Nothing is to be run."""

    def failure(self, _app: str) -> LocalkuError | None:
        return None

    def let_go(self, app: str, say: Say) -> None:
        say(f"Stopping {app}")
        self.note(f"down {app}")

    def take_down(self, app: str, say: Say) -> None:
        say(f"Stopping {app}")
        if app == "all":
            self.errands.keep(())
        else:
            self.errands.close(int(app))
        self.note(f"taken down {app}")
        if app in self.over:
            self.over[app].set()

    def ended(self, app: str) -> threading.Event:
        return self.over[app]

    def rung(self, app: str) -> None:
        if app:  # every commit rings, that of new tables too
            self.note(f"rung {app}")

    def is_needed(self) -> bool:
        return (self.home / "needed").exists()

    def running(self) -> tuple[str, ...]:
        return ()

    def stop_all(self, say: Say) -> None:
        say("Stopping all")
        self.note("stopped all")

    def leave_all(self) -> None:
        self.note("left all")


class NoApi:
    port = None
    is_busy = False
    requests = 0

    def start(self) -> None:
        """Nobody is served."""

    def stop(self) -> None:
        """There is nobody to answer."""


def children(home: Path, sockets: Sockets, *, by_name: bool) -> Mapping[str, Main]:
    def control(joined: socket.socket) -> None:
        errands = Errands(joined)
        given = Given(errands, sockets.door, sockets.bell, by_name)
        control_process.main(open_context(), given, Work(home, errands), NoApi())

    def router(joined: socket.socket) -> None:
        serve(PortLink(joined), list(sockets.ports.sockets()))

    return {"control": control, "router": router, "logs": lambda _: signal.pause() and None}


def serve(link: PortLink, doors: list[socket.socket]) -> None:
    """Tell every client the number of this process."""
    while True:
        ready, _, _ = select.select([link, *doors], [], [])
        for door in ready:
            if isinstance(door, socket.socket):
                client, _ = door.accept()
                client.sendall(str(os.getpid()).encode())
                client.close()
        for told in link.received() or () if link in ready else ():
            if isinstance(told, Opened):
                doors.extend(told.sockets)
            else:
                gone = [one for one in doors if one.getsockname()[1] == told.port]
                doors = [one for one in doors if one not in gone]
                for one in gone:
                    one.close()
                link.closed(told.port)


@dataclass(frozen=True)
class Running:
    """A server that runs in the state folder `home`."""

    home: Path
    process: subprocess.Popen[bytes]

    def client(self) -> Client:
        found = server_client.connect(self.home)
        assert found is not None
        return found

    def processes(self) -> dict[str, ProcessStatus]:
        return {one.name: one for one in family_record.read(self.home)}

    def is_complete(self) -> bool:
        pids = {one.pid for one in self.processes().values()}
        return self.process.pid in pids and len(pids - {None}) == 4

    def pid(self, name: str) -> int:
        found = self.processes()[name].pid
        assert found is not None
        return found

    def kill(self, name: str) -> int:
        """Kill a child and return its pid when another one is there."""
        before = self.pid(name)
        os.kill(before, signal.SIGKILL)
        return until(lambda: (found := self.processes()[name].pid) not in {None, before} and found)

    def notes(self) -> list[str]:
        file = self.home / "notes"
        return file.read_text().splitlines() if file.exists() else []


def lent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder whose server is ended with the test."""
    monkeypatch.setenv("LOCALKU_HOME", str(folder))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    folder.mkdir()
    yield folder
    holder = locks.holder(ending.server_lock(folder))
    if holder:
        os.kill(holder, signal.SIGKILL)
        ending.wait(folder)


def said(*arguments: str, cwd: Path | None = None) -> str:
    """What a command prints, errors too."""
    command = [*LOCALKU, *arguments]
    both = subprocess.PIPE, subprocess.STDOUT
    done = subprocess.run(command, cwd=cwd, stdout=both[0], stderr=both[1], text=True, timeout=60, check=False)
    return done.stdout


def until(found: Callable[[], Found], seconds: float = 20.0) -> Found:
    """Wait for something to be true, and return it."""
    deadline = time.monotonic() + seconds
    while not (what := found()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return what


def answer(port: int, seconds: float = 20.0) -> int:
    """The number of the process that serves a client which connects now."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as joined:
        return int(joined.recv(20))


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(home: Path, *more: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, __file__, str(home), *more],
        env={**os.environ, "LOCALKU_HOME": str(home)},
        stdin=subprocess.DEVNULL,
    )
    try:
        yield Running(home, process)
    finally:
        process.kill()
        process.wait()


@contextmanager
def ready(home: Path, *more: str) -> Iterator[Running]:
    with running(home, *more) as found:
        until(found.is_complete)
        yield found


def held(home: Path) -> Iterator[float]:
    """What the parent does while only control is there, as long as the file `hold` is."""
    while (home / "hold").exists():
        yield 0.02


if __name__ == "__main__":
    place = Path(sys.argv[1])
    server.main(
        place, lambda sockets: children(place, sockets, by_name="idle" not in sys.argv), {"router": held(place)}
    )
