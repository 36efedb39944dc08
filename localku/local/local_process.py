"""One local process: honcho's, that leads a session and is over when its own process is."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import threading
import time
from typing import Any, BinaryIO

from honcho.process import Process as HonchoProcess

LINE_BYTES = 65_536
"""The longest piece of output without a newline that is held back."""

QUIET_SECONDS = 0.5
"""Real seconds without output after which an ended process has said all, though children of it hold the pipe open."""

LAST_WORDS_SECONDS = 5.0
"""Real seconds for the output of an ended process in all: what it has left running may print for ever."""


class Process(HonchoProcess):  # type: ignore[misc] # honcho has no types
    """`start` starts the process, `run` (in a thread) sends its output and its end to a queue."""

    def start(self) -> int:
        """Start it and return its process id; raises OSError."""
        self._child = subprocess.Popen(
            [shell(), "-c", self.cmd],
            env=self.env,
            cwd=self.cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._rows = 0
        self._reader = threading.Thread(target=self._read, args=(self._child.stdout,), daemon=True)
        return int(self._child.pid)

    def run(self, events: queue.Queue[Any] | None = None, ignore_signals: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Send `line` messages and at the end a `stop` message; the process stays to be reaped by `reap`.

        Until then nobody else can have its number, so its session can be signalled.
        """
        self._events = events
        self._reader.start()
        ended = os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)
        self._wait_for_output()
        killed = ended is not None and ended.si_code != os.CLD_EXITED
        status = 0 if ended is None else ended.si_status
        self._send_message({"returncode": -status if killed else status}, type="stop")

    @property
    def reading(self) -> bool:
        """Whether output may come still."""
        return bool(self._reader.is_alive())

    def reap(self) -> None:
        """Let go of it, when its session is empty."""
        self._child.wait()

    def _read(self, output: BinaryIO) -> None:
        with output:
            for line in iter(lambda: output.readline(LINE_BYTES), b""):
                self._send_message(line)
                self._rows += 1

    def _wait_for_output(self) -> None:
        before, last = -1, time.monotonic() + LAST_WORDS_SECONDS
        while self._reader.is_alive() and self._rows > before and time.monotonic() < last:
            before = self._rows
            self._reader.join(QUIET_SECONDS)


def shell() -> str:
    """Bash, as in a dyno; `heroku local` takes sh."""
    return shutil.which("bash") or "/bin/sh"
