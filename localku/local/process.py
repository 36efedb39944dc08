"""One local process: honcho's, that leads a session and is over when its own process is."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import threading
from typing import Any, BinaryIO

from honcho.process import Process as HonchoProcess

LINE_BYTES = 65_536
"""The longest piece of output without a newline that is held back."""

OUTPUT_SECONDS = 0.5
"""Real seconds that the last output of an ended process is waited for, where children of it hold the pipe open."""


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
        return int(self._child.pid)

    def run(self, events: queue.Queue[Any] | None = None, ignore_signals: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Send `line` messages and at the end a `stop` message; the process stays to be reaped by `finish`.

        Until then nobody else can have its number, so its session can be signalled.
        """
        self._events = events
        self._reader = threading.Thread(target=self._read, args=(self._child.stdout,), daemon=True)
        self._reader.start()
        ended = os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)
        self._reader.join(OUTPUT_SECONDS)
        killed = ended is not None and ended.si_code != os.CLD_EXITED
        status = 0 if ended is None else ended.si_status
        self._send_message({"returncode": -status if killed else status}, type="stop")

    def finish(self) -> None:
        """Reap it, when its session is empty: all its output has been sent after this."""
        self._child.wait()
        self._reader.join(OUTPUT_SECONDS)

    def _read(self, output: BinaryIO) -> None:
        with output:
            for line in iter(lambda: output.readline(LINE_BYTES), b""):
                self._send_message(line)


def shell() -> str:
    """Bash, as in a dyno; `heroku local` takes sh."""
    return shutil.which("bash") or "/bin/sh"
