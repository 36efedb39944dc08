"""Starts the server as a program of its own, which outlives its starter, its terminal and its folder.

The program imports what it needs and then waits to be told, through its standard input, that it is the server. So a
command that will probably need one can begin it before all else; of one that nobody tells the input ends, and it goes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from localku.control import server_environment

LAST_LINES = 10

GO = b"."

PROGRAM = "localku.server.in_background"
"""By name: what looks after apps stands above what starts it."""


@dataclass(frozen=True)
class Launched:
    """`output` takes what the new process says until it has a log of its own; it needs no room on any disk."""

    process: subprocess.Popen[bytes]
    output: int
    home: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def go(self) -> None:
        """Tell it that it is the server."""
        threading.Thread(target=self.process.wait, name="server-program", daemon=True).start()
        with suppress(BrokenPipeError):  # it has ended, and said why
            self._tell(GO)

    def end(self) -> None:
        """Nobody needs it."""
        self._tell(b"")
        self.process.wait()
        os.close(self.output)

    def _tell(self, word: bytes) -> None:
        if self.process.stdin is not None:
            with self.process.stdin as told:
                told.write(word)

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def said(self) -> str:
        """The last lines of what the process has said, or of the log where it has said nothing."""
        told = os.pread(self.output, 1 << 20, 0).decode(errors="replace").strip()
        return "\n".join((told or log_text(self.home)).splitlines()[-LAST_LINES:])


def log_file(home: Path) -> Path:
    return home / "server" / "server.log"


def log_text(home: Path) -> str:
    try:
        return log_file(home).read_text(errors="replace").strip()
    except OSError:
        return ""


@contextmanager
def launched(home: Path) -> Iterator[Launched]:
    """Start it, unless it was begun before; the block waits for it."""
    new = _begun.pop(home, None) or _process(home)
    try:
        new.go()
        yield new
    finally:
        os.close(new.output)


def begin(home: Path) -> None:
    """Have the program for this state folder get ready: `launched` or `forgo` follows, or this process ends."""
    if home not in _begun:
        _begun[home] = _process(home)


def forgo(home: Path) -> None:
    """Let go of a program that was begun and is not needed."""
    unneeded = _begun.pop(home, None)
    if unneeded is not None:
        unneeded.end()


_begun: dict[Path, Launched] = {}
"""Programs that get ready, by their state folders."""


def _process(home: Path) -> Launched:
    output = os.memfd_create("localku-server")
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", PROGRAM],
            cwd="/",
            env=_environment(home),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            umask=0o077,
        )
    except BaseException:
        os.close(output)
        raise
    return Launched(process, output, home)


def _environment(home: Path) -> dict[str, str]:
    found = server_environment.taken(os.environ)
    if "LOCALKU_HOME" in found:
        found["LOCALKU_HOME"] = str(home.resolve())
    if "PYTHONPATH" in found:
        found["PYTHONPATH"] = os.pathsep.join(map(_absolute, found["PYTHONPATH"].split(os.pathsep)))
    return found


def _absolute(folder: str) -> str:
    with suppress(FileNotFoundError):  # the folder that the command was started in is gone
        return str(Path(folder).absolute())
    return folder
