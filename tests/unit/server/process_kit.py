"""A process of the server by itself, whose parent is the test.

As a program: `process_kit.py router LINK [SOCKET…]` or `process_kit.py logs LINK`, each a file descriptor; the state
folder is LOCALKU_HOME. The router prints the UUIDs of apps that it rings for.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import IO, Self

from localku.machine.listening import listen
from localku.opening import open_context
from localku.platform import drain_couriers
from localku.server import logs_process, router_process
from localku.server.parent.link import Closing, Opened, Told

SECONDS = 20.0


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


class ChildEnd:
    """One JSON object per message: `{"opened": PORT}` with the sockets beside it, `{"closing": PORT}`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def fileno(self) -> int:
        return self._connection.fileno()

    def received(self) -> tuple[Told, ...] | None:
        data, files, _, _ = socket.recv_fds(self._connection, 1000, 4)
        if not data:
            return None
        said = json.loads(data)
        if "closing" in said:
            return (Closing(said["closing"]),)
        return (Opened(said["opened"], tuple(socket.socket(fileno=one) for one in files)),)

    def closed(self, port: int) -> None:
        self._connection.send(json.dumps({"closed": port}).encode())


class Process:
    """`with` ends it as its parent would."""

    def __init__(self, kind: str, home: Path, sockets: Iterable[socket.socket] = ()) -> None:
        self.link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        passed = [theirs.fileno(), *(one.fileno() for one in sockets)]
        self._process = subprocess.Popen(
            [sys.executable, __file__, kind, *map(str, passed)],
            pass_fds=passed,
            stdout=subprocess.PIPE,
            env={**os.environ, "LOCALKU_HOME": str(home)},
        )
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """What has been killed says nothing at its end."""
        assert self.end() in {0, -signal.SIGKILL}

    @property
    def stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def open(self, sockets: list[socket.socket]) -> None:
        port = sockets[0].getsockname()[1]
        socket.send_fds(self.link, [json.dumps({"opened": port}).encode()], [one.fileno() for one in sockets])

    def close(self, port: int) -> None:
        """Returns once the process listens there no longer."""
        self.link.send(json.dumps({"closing": port}).encode())
        assert json.loads(self.link.recv(1000)) == {"closed": port}

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(SECONDS)

    def kill(self) -> None:
        self._process.kill()
        assert self.wait() == -signal.SIGKILL

    def end(self) -> int:
        """SIGTERM; its exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait()
        finally:
            self._process.kill()
            self.link.close()
            self.stdout.close()


def doors() -> tuple[int, list[socket.socket]]:
    """A port of this machine, and what listens there."""
    sockets = listen("localhost", 0)
    return int(sockets[0].getsockname()[1]), sockets


def main(kind: str, link: int, *sockets: int) -> None:
    end = ChildEnd(socket.socket(fileno=link))
    if kind == "logs":
        context = open_context()
        logs_process.main(context, end, partial(drain_couriers.couriers, context))
        return
    held = [socket.socket(fileno=one) for one in sockets]
    router_process.main(open_context(), end, held, lambda uuid: print(uuid, flush=True))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
