"""Runs local processes together: the first to end ends all, and nothing of them stays."""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from honcho.manager import SYSTEM_PRINTER_NAME
from honcho.manager import Manager as HonchoManager
from honcho.printer import Message

from localku.clock import Clock
from localku.local import sessions
from localku.local.guard import Guard
from localku.local.local_printer import Printer
from localku.local.local_process import LAST_WORDS_SECONDS, QUIET_SECONDS, Process

GRACE = 30.0
"""Platform seconds from SIGTERM to SIGKILL, as a dyno has them (Dev Center, "Dynos")."""

TICK = 0.1
"""Real seconds between two looks at processes that are ending."""

WAITING_LINES = 1_000
"""Lines that wait to be printed; a process that prints more than the terminal takes waits then."""

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NOT_STARTED = 127


class Manager(HonchoManager):  # type: ignore[misc] # honcho has no types
    """honcho's Manager with sessions in place of groups, Heroku's grace time, and a reason for every end.

    After `loop`, `returncode` is the exit status of the process that ended
    first, 128 + N where signal N ended it or localku; `deaf` says that the
    output was closed.
    """

    def __init__(self, printer: Printer, clock: Clock, guard: Guard) -> None:
        super().__init__(printer)
        self.events: queue.Queue[Any] = queue.Queue(WAITING_LINES)
        self.deaf = False
        self._process_ctor = Process
        self._time = clock
        self._guard = guard
        self._signals: list[int] = []
        self._stopping_since: float | None = None
        self._killed = False

    def loop(self) -> None:
        """Run all processes to their end."""
        with self._listening():
            try:
                self._start()
                while not self._over():
                    self._take(TICK)
                    self._heed_signals()
                    self._hurry()
            finally:
                self._finish()

    def terminate(self) -> None:
        """Send SIGTERM to all that runs; from now on the grace time counts."""
        if self._stopping_since is None:
            self._stopping_since = self._time.monotonic()
            self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to all that still runs."""
        self._killed = True
        self._send(signal.SIGKILL)

    def _start(self) -> None:
        for name, one in self._processes.items():
            try:
                one["pid"] = one["obj"].start()
            except OSError as error:
                self._say(f"{name} cannot be started: {error.strerror}")
                self._ended(name, NOT_STARTED)
                break
            self._guard.watch(one["pid"])
            self._say(f"{name} started, PORT={one['obj'].env['PORT']} (process {one['pid']})")
            one["thread"] = threading.Thread(target=one["obj"].run, args=(self.events,), daemon=True)
            one["thread"].start()

    def _over(self) -> bool:
        running = [one for one in self._processes.values() if "pid" in one]
        if any("returncode" not in one for one in running):
            return False
        return not any(sessions.members(one["pid"]) for one in running)

    def _take(self, seconds: float) -> bool:
        """Heed the next event; False if there was none in so many seconds."""
        try:
            message = self.events.get(block=seconds > 0, timeout=seconds)
        except queue.Empty:
            return False
        if message.type == "line":
            self._show(message)
        elif message.type == "stop":
            self._ended(message.name, message.data["returncode"])
        return True

    def _ended(self, name: str, status: int) -> None:
        self._processes[name]["returncode"] = status
        others = any("pid" in one and "returncode" not in one for one in self._processes.values())
        if self._stopping_since is None:
            self.returncode = 128 - status if status < 0 else status
            self._say(f"{name} {_how(status)}{', so everything stops' if others else ''}")
        else:
            self._say(f"{name} {_how(status)}")
        self.terminate()

    def _heed_signals(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if self._stopping_since is not None:
                self.kill()
                continue
            self.returncode = 128 + number
            again = "; Ctrl-C again kills" if number == signal.SIGINT else ""
            self._say(f"{signal.Signals(number).name} received, so everything stops{again}")
            self.terminate()

    def _hurry(self) -> None:
        """Kill what the grace time was not enough for, and what it starts still."""
        if self._stopping_since is None:
            return
        if not self._killed and self._time.monotonic() - self._stopping_since <= GRACE:
            return
        if not self._killed:
            late = [name for name, one in self._processes.items() if "pid" in one and sessions.members(one["pid"])]
            self._say(f"{', '.join(late)} did not end within {GRACE:.0f} seconds of SIGTERM: SIGKILL")
        self.kill()

    def _finish(self) -> None:
        """Whatever has happened: nothing is left running, and all output is shown."""
        self._send(signal.SIGKILL)
        for one in self._processes.values():
            if "pid" in one:
                one["obj"].reap()
        last = time.monotonic() + LAST_WORDS_SECONDS
        while self._take(QUIET_SECONDS if self._reading() else 0) and time.monotonic() < last:
            continue
        self._guard.over()

    def _reading(self) -> bool:
        return any(one["thread"].is_alive() or one["obj"].reading for one in self._processes.values() if "pid" in one)

    def _send(self, number: signal.Signals) -> None:
        for one in self._processes.values():
            if "pid" in one:
                sessions.send(one["pid"], number)

    def _say(self, text: str) -> None:
        now = self._clock.now()
        self._show(Message(type="line", data=text, time=now, name=SYSTEM_PRINTER_NAME, colour=None))

    def _show(self, message: Message) -> None:
        """Print; when nobody reads the output any more, everything stops."""
        if self.deaf:
            return
        try:
            self._printer.write(message)
        except OSError:
            self.deaf = True
            if self._stopping_since is None:
                self.returncode = 128 + signal.SIGPIPE
                self.terminate()

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        def note(number: int, _frame: FrameType | None) -> None:
            self._signals.append(number)

        heard = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]  # under nohup
        before = {number: signal.signal(number, note) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _how(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"exited with status {status}"
