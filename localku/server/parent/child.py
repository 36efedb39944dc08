"""One of the server's processes: forked, watched, and forked again when it dies; three deaths in a minute are the last.

Forked and not started as a program: what is imported is shared with the parent, and there when the files are gone.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from localku.control.messages import ProcessStatus

DEATHS = 3
SECONDS = 60.0
"""Real ones: a scaled clock makes no process die more often."""

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
"""linux/prctl.h"""

Main = Callable[[socket.socket], None]
"""What a child does, with its end of the connection to the parent."""

_log = logging.getLogger(__name__)


@dataclass
class Child:
    """`alone` is called in the new process first: it lets go of what is the parent's and the others'."""

    name: str
    main: Main
    alone: Callable[[str], None]
    pid: int | None = None
    joined: socket.socket | None = None
    restarts: int = 0
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Raises OSError where the machine has no room for another process."""
        parent = os.getpid()
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mine.setblocking(False)  # noqa: FBT003
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            pid = os.fork()
            if pid == 0:
                _live(self, parent, its)
        except OSError:
            mine.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            its.close()
        self.pid, self.joined = pid, mine

    def died(self, status: int) -> None:
        """Take note of the end of its process."""
        _log.warning("%s (process %s) has ended: %s", self.name, self.pid, _how(status))
        self.forget()
        self.failed()

    def failed(self) -> None:
        """Take note that there is no process where there should be one."""
        now = time.monotonic()
        self.deaths = [then for then in self.deaths if now - then < SECONDS] + [now]

    def forget(self) -> None:
        if self.joined is not None:
            self.joined.close()
        self.pid = self.joined = None

    @property
    def is_down(self) -> bool:
        """Whether it has died too often to be started again."""
        return len(self.deaths) >= DEATHS

    def signal(self, number: int) -> None:
        if self.pid is not None:
            os.kill(self.pid, number)

    def status(self) -> ProcessStatus:
        return ProcessStatus(self.name, self.pid, None, self.restarts, self.is_down and self.pid is None)


def _live(child: Child, parent: int, joined: socket.socket) -> None:
    """In the new process, whose only way out is the end."""
    status = 1
    try:
        _leave(child.name, parent)
        child.alone(child.name)
        child.main(joined)
        status = 0
    except SystemExit as told:
        status = told.code if isinstance(told.code, int) else 1
    except BaseException:  # noqa: BLE001 - logged: nothing is above this in a process that was forked
        _log.exception("%s ends", child.name)
    finally:
        os._exit(status)


def _leave(name: str, parent: int) -> None:
    """Be a process that ends with its parent, and that hears neither the parent's signals nor its terminal.

    SIGINT is blocked: it waits for a process that wants to hear it.
    """
    system = ctypes.CDLL(None)
    system.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    system.prctl(PR_SET_NAME, f"localku-{name}".encode(), 0, 0, 0)
    if os.getppid() != parent:  # it died before it was watched
        os._exit(1)
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return signal.Signals(-code).name if code < 0 else f"status {code}"
