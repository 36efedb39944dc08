"""What the parent does for its children: it holds the ports, lends them to the router, and goes on errands."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from contextlib import suppress

from localku.control.codec import Garbled, encode
from localku.control.messages import ProcessStatus
from localku.errors import LocalkuError
from localku.machine import listening
from localku.server.parent import port_link
from localku.server.parent.child import Child
from localku.server.parent.errands import Answer, AskChildren, ClosePort, EndAll, KeepPorts, OpenPort, asked, refused
from localku.server.parent.family import Family
from localku.server.parent.held_ports import HeldPorts

CONTROL, ROUTER = "control", "router"

_log = logging.getLogger(__name__)


class PortDuties:
    """`doors` are control's own listening sockets. `shut` is called when control has died for good: nobody answers."""

    def __init__(
        self,
        ports: HeldPorts,
        doors: tuple[socket.socket, ...],
        shut: Callable[[], None],
        changed: Callable[[tuple[ProcessStatus, ...]], None],
    ) -> None:
        self._ports = ports
        self._doors = doors
        self._shut = shut
        self._changed = changed
        self._leaving: dict[int, int | None] = {}
        """The ports that the router is about to leave, with the errand of whoever waits for that.

        They are held meanwhile: who has connected waits for the next router where this one dies.
        """
        self._reopening: dict[int, int] = {}
        """Errands of whoever wants one of them open again."""

    def alone(self, name: str) -> None:
        """In a child that is new: close what is not its own."""
        for one in () if name == CONTROL else self._doors:
            one.close()
        if name != ROUTER:
            self._ports.lend_nothing()

    def told(self, family: Family, child: Child, packet: bytes) -> None:
        """A child has sent a packet."""
        try:
            if child.name == CONTROL:
                self._do(family, child, packet)
            elif child.name == ROUTER:
                self._left(family, port_link.left(packet))
        except (Garbled, ValueError):
            _log.exception("%s was not understood", child.name)

    def started(self, family: Family, child: Child) -> None:
        """There is a new child."""
        if child.name == ROUTER:
            for port in self._leaving:
                self._tell_closing(family, port)

    def died(self, family: Family, child: Child) -> None:
        """A child is gone."""
        if child.name == ROUTER and child.is_down:
            for port in tuple(self._leaving):
                self._left(family, port)
        if child.name == CONTROL:
            self._leaving = dict.fromkeys(self._leaving)
            self._reopening.clear()
            if child.is_down:
                self._shut()

    def ends(self, child: Child) -> None:
        """A child is about to be told to end."""
        if child.name == CONTROL:
            self._shut()
        if child.name == ROUTER:
            for one in self._ports.sockets():
                listening.refuse(one)

    def changed(self, processes: tuple[ProcessStatus, ...]) -> None:
        """A child has started, or is gone."""
        self._changed(processes)

    def _do(self, family: Family, control: Child, packet: bytes) -> None:
        match asked(packet):
            case OpenPort(errand, port):
                self._open(family, control, errand, port)
            case ClosePort(errand, port):
                self._close(family, control, errand, port)
            case KeepPorts(errand, ports):
                for port in self._ports.numbers() - set(ports) - self._leaving.keys():
                    self._leave(family, port, None)
                _answer(control, Answer(errand))
            case AskChildren(errand):
                family.hurry()
                _answer(control, Answer(errand, children=family.processes()))
            case EndAll(errand):
                _answer(control, Answer(errand))
                family.end()

    def _open(self, family: Family, control: Child, errand: int, port: int) -> None:
        if port in self._leaving:
            self._reopening[port] = errand
        else:
            _answer(control, self._opened(family, errand, port))

    def _opened(self, family: Family, errand: int, port: int) -> Answer:
        try:
            sockets = self._ports.open(port)
        except LocalkuError as error:
            return refused(errand, error)
        router = _joined(family)
        if sockets and router is not None:
            port_link.tell_opened(router, port, sockets)
        return Answer(errand, done=sockets is not None)

    def _close(self, family: Family, control: Child, errand: int, port: int) -> None:
        if port in self._ports.numbers():
            self._leave(family, port, errand)
        else:
            _answer(control, Answer(errand))

    def _leave(self, family: Family, port: int, errand: int | None) -> None:
        """Have the router leave a port, or the next one where it is dying; one that stays down has left it."""
        self._leaving[port] = errand
        router = family.child(ROUTER)
        if router is None or router.is_down:
            self._left(family, port)
        else:
            self._tell_closing(family, port)

    def _tell_closing(self, family: Family, port: int) -> None:
        router = _joined(family)
        if router is not None:
            port_link.tell_closing(router, port)

    def _left(self, family: Family, port: int) -> None:
        """The router listens on a port no longer: whoever waits for that is told."""
        if port not in self._leaving:
            return
        self._ports.close(port)
        errand, again = self._leaving.pop(port), self._reopening.pop(port, None)
        control = family.child(CONTROL)
        if control is None:
            return
        if errand is not None:
            _answer(control, Answer(errand))
        if again is not None:
            _answer(control, self._opened(family, again, port))


def _joined(family: Family) -> socket.socket | None:
    router = family.child(ROUTER)
    return None if router is None else router.joined


def _answer(child: Child, answer: Answer) -> None:
    """Tell control; one that does not listen has died, or is about to."""
    if child.joined is not None:
        with suppress(OSError):
            child.joined.send(encode(answer))
