"""Control, one of the server's processes: it answers commands, hears the bell, and runs the apps."""

from __future__ import annotations

import dataclasses
import logging
import signal
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType
from typing import Protocol

from localku.context import Context
from localku.control import bell
from localku.control.control_connection import Connection
from localku.control.messages import Hello, ProcessStatus, Status
from localku.control.server_client import hello
from localku.errors import LocalkuError
from localku.server import status_report
from localku.server.control_handler import ControlHandler, Desk
from localku.server.control_listener import Listener
from localku.server.idle_end import IdleEnd, Uses
from localku.server.parent.errands import Errands
from localku.signal_event import SignalEvent
from localku.telling import Say

_log = logging.getLogger(__name__)

COMPLETE_SECONDS, LOOK = 5.0, 0.02
"""Real seconds for a server that has just begun to have all its processes, and between two looks at them."""


class Api(Protocol):
    """What other people's clients connect to."""

    @property
    def port(self) -> int | None:
        """Where they do; None where another program has the port."""

    @property
    def is_busy(self) -> bool:
        """Whether a client waits for an answer."""

    @property
    def requests(self) -> int:
        """How many have been answered."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """Answer who waits, and nobody new."""


class Work(Protocol):
    """All that runs in this process for the apps."""

    @property
    def desk(self) -> Desk:
        """What commands ask for of single apps."""

    def begin(self) -> None:
        """Run what shall run, before the first command is let in."""

    def rung(self, app: str) -> None:
        """Somebody has changed the store, or waits for this very app (its UUID)."""

    def is_needed(self) -> bool:
        """Whether an app shall run, or still does."""

    def running(self) -> tuple[str, ...]:
        """The UUIDs of the apps that run."""

    def stop_all(self, say: Say) -> None:
        """Stop the dynos of all apps; what is wanted stays as it is."""

    def leave_all(self) -> None:
        """Let the dynos run on, without anybody who looks after them."""


@dataclass(frozen=True)
class Given:
    """What the parent gives: its ear, the socket for clients, the bell, and whether the server was started by name."""

    errands: Errands
    door: socket.socket
    bell: socket.socket
    by_name: bool


def main(context: Context, given: Given, work: Work, api: Api) -> None:
    """Serve until SIGTERM, which leaves the dynos running; SIGINT stops them first and has the server end."""
    ended = _on_signals(given, work)
    control = _Control(context, given, work, api)
    work.begin()
    control.start()
    api.start()
    ended.wait()
    api.stop()
    work.leave_all()
    _log.info("control ends")


class _Control:
    def __init__(self, context: Context, given: Given, work: Work, api: Api) -> None:
        self._context = context
        self._given = given
        self._work = work
        self._api = api
        self._stays = given.by_name
        self._since = datetime.now(UTC)
        self._listener = Listener(given.door, self._hello, self._serve)
        self._handler = ControlHandler(work.desk, self._status, self._stay, self._close, given.errands.end)

    def start(self) -> None:
        self._listener.start()
        threading.Thread(target=self._hear, name="bell", daemon=True).start()
        uses = Uses(self._is_needed, lambda: self._api.requests)
        IdleEnd(self._context.home, self._listener, uses, self._given.errands.end).start()

    def _hello(self) -> Hello:
        return dataclasses.replace(hello(), by_name=self._stays, api_port=self._api.port)

    def _serve(self, connection: Connection) -> None:
        self._handler.serve(connection)

    def _hear(self) -> None:
        while True:
            for app in bell.heard(self._given.bell):
                try:
                    self._work.rung(app)
                except Exception:  # noqa: BLE001 - logged: the next ring is another attempt
                    _log.exception("the bell was not heard")

    def _close(self, dynos: bool, say: Say) -> None:  # noqa: FBT001 - as the message has it
        self._listener.close()
        try:
            if dynos:
                self._work.stop_all(say)
        except LocalkuError as error:  # no engine answers: that is no reason to stay
            for line in error.text().splitlines():
                say(f" !     {line}")
        except BaseException:
            self._listener.open()
            raise

    def _is_needed(self) -> bool:
        return self._stays or self._api.is_busy or self._work.is_needed()

    def _stay(self) -> None:
        self._stays = True

    def _children(self) -> tuple[ProcessStatus, ...]:
        """All processes: control is there a moment before the others."""
        deadline = time.monotonic() + COMPLETE_SECONDS
        while True:
            found = self._given.errands.children()
            if time.monotonic() > deadline or all(one.pid is not None or one.is_down for one in found):
                return found
            time.sleep(LOOK)

    def _status(self) -> Status:
        said = hello()
        return Status(
            home=str(self._context.home),
            since=self._since.isoformat(timespec="seconds"),
            by_name=self._stays,
            is_busy=self._is_needed() or self._listener.clients > 1,
            processes=status_report.processes(self._children()),
            apps=status_report.apps(self._context, self._work.running()),
            environment=said.environment,
            versions=status_report.versions(self._context, said),
            api_port=self._api.port,
        )


def _on_signals(given: Given, work: Work) -> SignalEvent:
    """Return what is set when this process is to end."""
    ended = SignalEvent()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    def stop(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=stopped, name="stop", daemon=True).start()

    def stopped() -> None:
        try:
            work.stop_all(_log.info)
        except Exception:  # noqa: BLE001 - logged: the server ends all the same
            _log.exception("not all dynos have stopped")
        given.errands.end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return ended
