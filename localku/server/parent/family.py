"""The server's processes together: started, restarted when one dies, and ended one after the other."""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Protocol

from localku.control.messages import ProcessStatus
from localku.server.parent.child import Child, Main

PACKET = 65536

END_SECONDS: Mapping[str, float] = {"control": 20.0, "router": 45.0, "logs": 15.0}
"""Real seconds a child has to end in: requests in flight have 30."""

STOP_SECONDS = 120.0
"""Real seconds in which control stops the dynos of all apps: each has its 30, and the engine as many."""

PAUSE = 0.5
"""Seconds after which a child is started anew for which there was no room."""

Steps = Iterator[float]
"""Something that takes a while, in parts that are short: real seconds that there is time until the next one."""

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_log = logging.getLogger(__name__)


class Duties(Protocol):
    """What the parent does for its children beside keeping them alive."""

    def alone(self, name: str) -> None:
        """In a child that is new: close what is not its own."""

    def told(self, family: Family, child: Child, packet: bytes) -> None:
        """A child has sent a packet."""

    def started(self, family: Family, child: Child) -> None:
        """There is a new child."""

    def died(self, family: Family, child: Child) -> None:
        """A child is gone."""

    def ends(self, child: Child) -> None:
        """A child is about to be told to end."""

    def changed(self, processes: tuple[ProcessStatus, ...]) -> None:
        """A child has started, or is gone."""


class Family:
    """`children` start and end in their order; the first one is control, which stops the dynos.

    Lives in the only thread of its process, whose signals it takes over while it runs.
    """

    def __init__(self, children: Mapping[str, Main], duties: Duties) -> None:
        self._children = {name: Child(name, main, self._alone) for name, main in children.items()}
        self._duties = duties
        self._selector = selectors.DefaultSelector()
        self._wakes, self._heard = socket.socketpair()
        self._leaving: list[Child] | None = None
        self._deadline: float | None = None
        self._is_awaited = False

    def run(self, prepare: Mapping[str, Steps]) -> None:
        """Return when all have ended, after `end` or a signal.

        `prepare` is what the parent does before it starts a child, by its name; it answers the others meanwhile.
        """
        with self._signals():
            self._selector.register(self._heard, selectors.EVENT_READ)
            for child in self._children.values():
                self._prepare(prepare.get(child.name, iter(())))
                if self._leaving is None:
                    self._start(child)
            while self._leaving != []:
                self._wait()

    def _prepare(self, steps: Steps) -> None:
        for seconds in steps:
            until = time.monotonic() + seconds
            self._wait(0.0)
            while self._leaving is None and not self._is_awaited and (rest := until - time.monotonic()) > 0:
                self._wait(rest)
            if self._leaving is not None:
                return

    def hurry(self) -> None:
        """Have all children there soon: somebody wants to know how they are."""
        self._is_awaited = True

    def end(self) -> None:
        """Have the children end, one after the other. The dynos run on."""
        if self._leaving is None:
            self._leaving = [child for child in self._children.values() if child.pid is not None]
            self._tell_next()

    def child(self, name: str) -> Child | None:
        return self._children.get(name)

    def processes(self) -> tuple[ProcessStatus, ...]:
        return (ProcessStatus("parent", os.getpid()), *(child.status() for child in self._children.values()))

    def _wait(self, most: float | None = None) -> None:
        until = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        for key, _ in self._selector.select(min((one for one in (until, most) if one is not None), default=None)):
            if key.fileobj is self._heard:
                self._wake(self._heard.recv(PACKET))
            elif isinstance(key.data, Child):
                self._hear(key.data)
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._hurry()

    def _wake(self, numbers: bytes) -> None:
        for number in numbers:
            if number in ENDING:
                self._stop()
        for child in tuple(self._children.values()):
            self._bury(child)

    def _hear(self, child: Child) -> None:
        if child.joined is None:
            return  # it has been buried meanwhile
        try:
            packet = child.joined.recv(PACKET)
        except BlockingIOError:
            return
        except ConnectionError:
            packet = b""
        if packet:
            self._duties.told(self, child, packet)
        else:  # it has closed its end, and is about to die
            self._selector.unregister(child.joined)

    def _start(self, child: Child) -> None:
        while child.pid is None and not child.is_down:
            try:
                child.start()
            except OSError:
                _log.exception("%s cannot be started", child.name)
                child.failed()
                time.sleep(PAUSE)
        if child.joined is not None:
            self._selector.register(child.joined, selectors.EVENT_READ, child)
            _log.info("%s has started (process %s)", child.name, child.pid)
            self._duties.started(self, child)
        self._duties.changed(self.processes())

    def _bury(self, child: Child) -> None:
        if child.pid is None:
            return
        dead, status = os.waitpid(child.pid, os.WNOHANG)
        if not dead:
            return
        if child.joined is not None:
            with suppress(KeyError):
                self._selector.unregister(child.joined)
        child.died(status)
        self._duties.died(self, child)
        if self._leaving is not None:
            self._leaving = [other for other in self._leaving if other is not child]
            self._tell_next()
        elif child.is_down:
            _log.error("%s has died %d times in a minute, and stays down", child.name, len(child.deaths))
            self._duties.changed(self.processes())
        else:
            child.restarts += 1
            self._start(child)

    def _stop(self) -> None:
        """Have control stop all dynos and then the server; asked again, end without; again, do not wait any more."""
        control = next(iter(self._children.values()))
        if self._leaving is None and self._deadline is None and control.pid is not None:
            _log.info("the server is told to stop")
            control.signal(signal.SIGINT)
            self._deadline = time.monotonic() + STOP_SECONDS
        elif self._leaving is None:
            self.end()
        else:
            self._hurry()

    def _tell_next(self) -> None:
        if not self._leaving:
            return
        self._duties.ends(self._leaving[0])
        self._leaving[0].signal(signal.SIGTERM)
        self._deadline = time.monotonic() + END_SECONDS.get(self._leaving[0].name, max(END_SECONDS.values()))

    def _hurry(self) -> None:
        """End what takes too long to."""
        if self._leaving is None:
            self.end()
        elif self._leaving:
            _log.error("%s does not end; it is killed", self._leaving[0].name)
            self._leaving[0].signal(signal.SIGKILL)
            self._deadline = None

    def _alone(self, name: str) -> None:
        self._selector.close()
        for one in (self._heard, self._wakes, *(other.joined for other in self._children.values())):
            if one is not None:
                one.close()
        self._duties.alone(name)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Have signals wake the parent, and do nothing by themselves."""
        self._wakes.setblocking(False)  # noqa: FBT003
        self._heard.setblocking(False)  # noqa: FBT003
        before = {number: signal.signal(number, _nothing) for number in (*ENDING, signal.SIGCHLD)}
        old = signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(old)
            for number, handler in before.items():
                signal.signal(number, handler)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """The descriptor for wake-ups has it."""
