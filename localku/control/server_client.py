"""A command's side of the connection to the server: a typed call for each thing one can ask of it."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from localku import __version__
from localku.control import digest, server_address, server_environment
from localku.control.control_connection import Connection
from localku.control.messages import (
    AskStatus,
    Bring,
    Brought,
    Done,
    End,
    Hello,
    LetGo,
    Refused,
    Reply,
    Request,
    Said,
    Status,
    Stay,
    TakeDown,
)
from localku.errors import CLIENT, Kind, LocalkuError
from localku.telling import Say

HELLO_SECONDS = 20.0
"""Real seconds for the server to answer: its process may have died and be on its way back."""


ATTEMPTS, PAUSE = 4, 0.05
"""How often, and after how many seconds, one is asked again who hangs up before hello: it may just have been killed."""

Answer = TypeVar("Answer", bound=Reply)


class Lost(LocalkuError):
    """The server went away while somebody waited for its answer."""

    kind = Kind.UNAVAILABLE


def hello() -> Hello:
    """What this process says of itself."""
    environment = server_environment.listed(os.environ)
    return Hello(digest.mine(), __version__, os.getpid(), os.geteuid(), environment)


def connect(home: Path, seconds: float = HELLO_SECONDS) -> Client | None:
    """Return a connection to the server, None where nobody listens, or whoever does is about to go.

    Raises LocalkuError where the server is there and does not answer.
    """
    for _ in range(ATTEMPTS):
        joined = _joined(home)
        if joined is None:
            return None
        connection = Connection(joined)
        try:
            its = _greeted(connection, seconds)
        except BaseException:
            connection.close()
            raise
        if its is not None:
            return Client(connection, its)
        connection.close()
        time.sleep(PAUSE)
    return None


def _joined(home: Path) -> socket.socket | None:
    joined = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        joined.connect(str(server_address.socket_file(home)))
    except (FileNotFoundError, ConnectionError):
        joined.close()
        return None
    except BaseException:
        joined.close()
        raise
    return joined


def _greeted(connection: Connection, seconds: float) -> Hello | None:
    try:
        connection.send(hello())
        said = connection.receive(seconds)
    except TimeoutError as error:
        raise LocalkuError(
            f"localku's server does not answer for {seconds:.0f} seconds.",
            f"`{CLIENT} server:logs` may say why; `{CLIENT} server:restart` starts it anew.",
            kind=Kind.UNAVAILABLE,
        ) from error
    except ConnectionError:
        return None
    return said if isinstance(said, Hello) else None


class Client:
    """`hello` is the server's."""

    def __init__(self, connection: Connection, its: Hello) -> None:
        self.hello = its
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; a lease that this connection holds is over."""
        self._connection.close()

    def hold(self) -> None:
        """Have the server stay for as long as this process, or the program it becomes; ask nothing more."""
        self._connection.leave_open()

    def bring(self, order: Bring, say: Say) -> Brought:
        """Have an app run, and return when its port is served. A lease lasts until `close`."""
        return self._asked(order, say, Brought)

    def let_go(self) -> None:
        """Give the lease back; `follow` tells how the app goes down."""
        self._send(LetGo())

    def follow(self, say: Say) -> None:
        """Pass on what the server says until it hangs up: the app of this connection's lease is down, or it is gone.

        Raise what the server says has kept the app from going down.
        """
        while (told := self._connection.receive()) is not None:
            if isinstance(told, Said):
                say(told.text)
            if isinstance(told, Refused):
                raise told.error()

    def take_down(self, app: str, say: Say) -> None:
        """Have an app's dynos stopped, and return when they are."""
        self._asked(TakeDown(app), say, Done)

    def stay(self) -> None:
        """Have the server stay until it is stopped."""
        self._asked(Stay(), _unheard, Done)

    def status(self) -> Status:
        return self._asked(AskStatus(), _unheard, Status)

    def end(self, *, dynos: bool, say: Say) -> None:
        """Have the server end, and return when it does: its processes are there a moment longer."""
        self._asked(End(dynos=dynos), say, Done)

    def _asked(self, request: Request, say: Say, kind: type[Answer]) -> Answer:
        self._send(request)
        while (told := self._connection.receive()) is not None:
            match told:
                case Said(text):
                    say(text)
                case Refused():
                    raise told.error()
                case _ if isinstance(told, kind):
                    return told
        raise _lost()

    def _send(self, request: Request) -> None:
        try:
            self._connection.send(request)
        except ConnectionError as error:
            raise _lost() from error


def _lost() -> Lost:
    return Lost("localku's server went away before it had answered.", f"`{CLIENT} server:logs` may say why.")


def _unheard(_line: str) -> None:
    """A status comes without a word."""
