"""What control does for whoever is connected: a method for each message."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from localku.control.control_connection import Connection
from localku.control.messages import (
    AskStatus,
    Bring,
    Brought,
    Done,
    End,
    LetGo,
    Message,
    Refused,
    Reply,
    Said,
    Status,
    Stay,
    TakeDown,
)
from localku.errors import CLIENT, Invalid, LocalkuError
from localku.telling import Say

_log = logging.getLogger(__name__)


class Desk(Protocol):
    """Brings apps up and takes them down. Each call blocks, and raises LocalkuError where it cannot be done."""

    def bring(self, order: Bring, say: Say) -> Brought:
        """Have the app run, and return when its port listens."""

    def let_go(self, app: str, say: Say) -> None:
        """End the lease of an app: return when it is down."""

    def take_down(self, app: str, say: Say) -> None:
        """Stop an app, whatever the store says, and return when it is down."""

    def ended(self, app: str) -> threading.Event:
        """Set while nobody runs the app that was brought up."""

    def failure(self, app: str) -> LocalkuError | None:
        """What has ended the app that was brought up, if it was not meant to."""


class ControlHandler:
    """`stay` keeps the server; `close` lets no other client in, and stops all dynos if it shall; `end` ends it then."""

    def __init__(
        self,
        desk: Desk,
        status: Callable[[], Status],
        stay: Callable[[], None],
        close: Callable[[bool, Say], None],
        end: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._stay = stay
        self._status = status
        self._close = close
        self._end = end

    def serve(self, connection: Connection) -> None:
        """Answer one client until it hangs up."""
        while (asked := connection.receive()) is not None:
            try:
                reply = self._answer(asked, _saying(connection))
            except LocalkuError as error:
                reply = Refused.because(error)
            except Exception as error:  # noqa: BLE001 - told, and logged: one client must not end them all
                _log.exception("%s failed", type(asked).__name__)
                reply = Refused(f"localku's server failed: {error}.", f"`{CLIENT} server:logs` says more.")
            connection.send(reply)
            if isinstance(asked, End) and isinstance(reply, Done):
                self._end()
                return
            if isinstance(asked, Bring) and isinstance(reply, Brought) and asked.lease and not reply.attached:
                self._hold(asked.app, connection)
                return

    def _answer(self, asked: Message, say: Say) -> Reply:
        match asked:
            case Bring():
                return self._desk.bring(asked, say)
            case TakeDown(app):
                self._desk.take_down(app, say)
                return Done()
            case AskStatus():
                return self._status()
            case Stay():
                self._stay()
                return Done()
            case End(dynos):
                self._close(dynos, say)
                return Done()
            case _:
                raise Invalid(f"{type(asked).__name__} is nothing to ask for here.")

    def _hold(self, app: str, connection: Connection) -> None:
        """Keep the app up until its client lets go or is gone, or it goes down otherwise, and hang up then."""
        over = threading.Event()

        def hang_up() -> None:
            self._desk.ended(app).wait()
            over.set()
            failure = self._desk.failure(app)
            if failure is not None:
                _refuse(connection, failure)
            connection.hang_up()

        threading.Thread(target=hang_up, name="lease", daemon=True).start()
        while (told := connection.receive()) is not None and not isinstance(told, LetGo):
            _log.warning("%s is nothing to say on a lease's connection", type(told).__name__)
        if not over.is_set():
            say = _saying(connection)
            try:
                self._desk.let_go(app, say)
            except LocalkuError as error:
                _log.warning("%s", error.text())
                _refuse(connection, error)


def _refuse(connection: Connection, error: LocalkuError) -> None:
    with suppress(OSError):  # its client is gone
        connection.send(Refused.because(error))


def _saying(connection: Connection) -> Say:
    """Tell a client what happens meanwhile; it may be gone."""

    def say(line: str) -> None:
        with suppress(OSError):
            connection.send(Said(line))

    return say
