"""The server's own log: what its processes note of themselves, tracebacks included; five files of a megabyte each."""

from __future__ import annotations

import fcntl
import logging
import os
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from localku.control.server_program import log_file

FILES = 5
BYTES = 1 << 20


class ServerLog(logging.Handler):
    """Takes what this process logs to the file, and to `also` (a descriptor) where somebody watches.

    Several processes write to one file. Whoever finds it full renames it; the others find another file of its name
    when they write next. With `takes_over`, what this process prints goes there, too.
    """

    def __init__(self, home: Path, name: str, *, takes_over: bool, also: int | None = None) -> None:
        super().__init__()
        self._file = log_file(home)
        self._name = name
        self._takes_over = takes_over
        self._also = also
        self._file.parent.mkdir(mode=0o700, exist_ok=True)
        self._out = self._opened()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}\n{logging.Formatter().formatException(record.exc_info)}"
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{moment} {self._name}[{os.getpid()}]: {text}\n".encode(errors="backslashreplace")
        with suppress(OSError):  # a full disk: nobody may fail for want of room to say so
            self._renew()
            os.write(self._out, line)
        if self._also is not None:
            with suppress(OSError):  # the terminal is closed
                os.write(self._also, line)

    def _opened(self) -> int:
        out = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if self._takes_over:
            for number in (1, 2):
                os.dup2(out, number)
        return out

    def _renew(self) -> None:
        if os.fstat(self._out).st_size >= BYTES:
            self._rotate()
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self._out), self._file.stat()):
                return
        before, self._out = self._out, self._opened()
        os.close(before)

    def _rotate(self) -> None:
        lock = os.open(self._file.with_name("log.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._file.exists() or self._file.stat().st_size < BYTES:
                return  # another process was here before
            for number in reversed(range(1, FILES - 1)):
                with suppress(FileNotFoundError):
                    older(self._file, number).replace(older(self._file, number + 1))
            self._file.replace(older(self._file, 1))
        finally:
            os.close(lock)


def older(file: Path, number: int) -> Path:
    """The log as it was `number` files ago."""
    return file.with_name(f"{file.name}.{number}")


def log_here(home: Path, name: str, *, takes_over: bool = True, also: int | None = None) -> None:
    """Have all that this process logs, by whatever part of it, in the server's log under `name`."""
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        root.removeHandler(handler)
    root.addHandler(ServerLog(home, name, takes_over=takes_over, also=also))
    root.setLevel(logging.INFO)
    for noisy in ("docker", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.excepthook = _note
    threading.excepthook = lambda told: _note(told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback)


def _note(kind: type[BaseException], error: BaseException, _trace: object) -> None:
    logging.getLogger("localku").error("%s ends", kind.__name__, exc_info=error)
