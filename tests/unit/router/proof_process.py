"""A router in a process of its own, so that its memory and its open files can be looked at.

As a program: `proof_process.py DYNO_PORT SPEED LOOP` (`asyncio` or `uvloop`) prints the router's port, then
answers each line on its standard input with the log lines so far, as JSON, and ends with it.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import IO, Self

from router_kit import World, start

from localku.router.router_limits import Limits, raise_file_limit
from localku.router.routing.routes import AppState, Backend, Route

KILOBYTE = 1024


class Apart:
    """Runs the program above; `with` ends it."""

    def __init__(self, dyno_port: int, speed: float = 1.0, loop: str = "asyncio") -> None:
        command = [sys.executable, __file__, str(dyno_port), str(speed), loop]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._ask(""))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stdin.close()
        assert self._process.wait(10) == 0
        self._stdout.close()

    @property
    def _stdin(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _ask(self, line: str) -> str:
        if line:
            self._stdin.write(line)
            self._stdin.flush()
        return self._stdout.readline()

    def lines(self) -> list[str]:
        """What the router has logged until now."""
        return [message for _, message in json.loads(self._ask("lines\n"))]

    def memory(self) -> int:
        """Bytes in use now."""
        return self._status("VmRSS")

    def most_memory(self) -> int:
        """The most bytes that were ever in use."""
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(rf"{name}:\s+(\d+) kB", text)
        assert found is not None
        return int(found[1]) * KILOBYTE

    def open_files(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self._process.pid}/fd").iterdir())


def main(dyno_port: int, speed: float, loop: str) -> None:
    raise_file_limit()
    world = World()
    world.apps["app.localhost"] = Route("app", AppState.UP, (Backend("web.1", "127.0.0.1", dyno_port),))
    new_loop = importlib.import_module(loop).new_event_loop
    router = start(world, limits=Limits().scaled(speed), new_loop=new_loop)
    print(router.port, flush=True)
    for _ in sys.stdin:
        print(json.dumps(world.lines), flush=True)
    router.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
