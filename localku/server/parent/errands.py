"""What control asks of the parent: ports, news of the other processes, and the end of all."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from localku.control import codec
from localku.control.messages import ProcessStatus
from localku.errors import Kind, LocalkuError

MOST_BYTES = 65536


@dataclass(frozen=True)
class OpenPort:
    errand: int
    port: int


@dataclass(frozen=True)
class ClosePort:
    errand: int
    port: int


@dataclass(frozen=True)
class KeepPorts:
    """Close all but these: a control that is new knows which it needs."""

    errand: int
    ports: tuple[int, ...]


@dataclass(frozen=True)
class AskChildren:
    errand: int


@dataclass(frozen=True)
class EndAll:
    errand: int


@dataclass(frozen=True)
class Answer:
    """To the errand of this number: `done`, or why not, where there is a reason to tell."""

    errand: int
    done: bool = True
    children: tuple[ProcessStatus, ...] = ()
    message: str = ""
    hint: str = ""
    kind: Kind = Kind.FAILED


Errand = OpenPort | ClosePort | KeepPorts | AskChildren | EndAll
ERRANDS: tuple[type[Errand], ...] = (OpenPort, ClosePort, KeepPorts, AskChildren, EndAll)


def asked(packet: bytes) -> Errand:
    """In the parent: what control wants."""
    return codec.decode(packet, ERRANDS)


def refused(errand: int, error: LocalkuError) -> Answer:
    return Answer(errand, done=False, message=error.message, hint=error.hint, kind=error.kind)


class Errands:
    """Control's end. Called from any thread; one errand at a time."""

    def __init__(self, joined: socket.socket) -> None:
        joined.setblocking(True)  # noqa: FBT003
        self._joined = joined
        self._turn = threading.Lock()
        self._numbers = itertools.count(1)

    def open(self, number: int) -> bool:
        """Listen on a port, or go on with that; False where somebody else does. Raises LocalkuError if it may not."""
        return self._answer(OpenPort(next(self._numbers), number)).done

    def close(self, number: int) -> None:
        """Listen on a port no longer, and return when it is free."""
        self._answer(ClosePort(next(self._numbers), number))

    def keep(self, numbers: Iterable[int]) -> None:
        """Listen on these ports and no others that a control before this one had asked for."""
        self._answer(KeepPorts(next(self._numbers), tuple(numbers)))

    def children(self) -> tuple[ProcessStatus, ...]:
        """The server's processes, the parent among them."""
        return self._answer(AskChildren(next(self._numbers))).children

    def end(self) -> None:
        """Have the server end: SIGTERM comes to this process, too."""
        self._answer(EndAll(next(self._numbers)))

    def _answer(self, errand: Errand) -> Answer:
        with self._turn:
            self._joined.send(codec.encode(errand))
            while packet := self._joined.recv(MOST_BYTES):
                found = codec.decode(packet, (Answer,))
                if found.errand == errand.errand:
                    break
            else:
                raise LocalkuError("The server is at its end.", kind=Kind.UNAVAILABLE)
        if found.message:
            raise LocalkuError(found.message, found.hint, kind=found.kind)
        return found
