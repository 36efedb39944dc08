"""What control answers, whatever becomes of what it was asked for."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

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
    Said,
    Status,
    Stay,
    TakeDown,
)
from localku.errors import Kind, LocalkuError
from localku.server.control_handler import ControlHandler
from localku.telling import Say

STATUS = Status("/home", "", by_name=False, is_busy=False, processes=(), apps=(), environment={}, versions={})


class Desk:
    def __init__(self) -> None:
        self.done: list[str] = []
        self.over = threading.Event()
        self.attached = False
        self.error: Exception | None = None

    def bring(self, _order: Bring, say: Say) -> Brought:
        say("on its way")
        if self.error is not None:
            raise self.error
        return Brought(5000, self.attached)

    def let_go(self, app: str, say: Say) -> None:
        say("going down")
        self.done.append(f"let go {app}")
        if self.error is not None:
            raise self.error

    def failure(self, _app: str) -> LocalkuError | None:
        return None

    def take_down(self, app: str, _say: Say) -> None:
        self.done.append(f"take down {app}")

    def ended(self, _app: str) -> threading.Event:
        return self.over


@pytest.fixture
def desk() -> Desk:
    return Desk()


@contextmanager
def served(desk: Desk) -> Iterator[Connection]:
    """A client's end; the handler has served it when the block is over."""

    def close(dynos: bool, _say: Say) -> None:
        desk.done.append(f"close {dynos}")

    note: Callable[[str], Callable[[], None]] = lambda word: lambda: desk.done.append(word)  # noqa: E731
    handler = ControlHandler(desk, lambda: STATUS, note("stay"), close, note("end"))
    mine, its = socket.socketpair()
    thread = threading.Thread(target=handler.serve, args=(Connection(its),))
    thread.start()
    client = Connection(mine)
    try:
        yield client
    finally:
        client.close()
        thread.join(20)
        assert not thread.is_alive()


def heard(client: Connection, *asked: Message) -> list[Message | None]:
    """What comes for these messages, up to the first that is no word in between."""
    found: list[Message | None] = []
    for message in asked:
        client.send(message)
        while isinstance(told := client.receive(20), Said):
            found.append(told)
        found.append(told)
    return found


def test_each_is_answered(desk: Desk) -> None:
    with served(desk) as client:
        assert heard(client, AskStatus(), Stay(), TakeDown("a")) == [STATUS, Done(), Done()]
        assert heard(client, Bring("a")) == [Said("on its way"), Brought(5000)]
    assert desk.done == ["stay", "take down a"]


def test_an_error_is_the_answer_and_the_next_is_answered_too(desk: Desk) -> None:
    with served(desk) as client:
        desk.error = LocalkuError("No.", "Never.", kind=Kind.CONFLICT)
        assert heard(client, Bring("a"))[-1] == Refused("No.", "Never.", Kind.CONFLICT)
        desk.error = KeyError("a bug")
        (_, refused) = heard(client, Bring("a"))
        assert isinstance(refused, Refused)
        assert "a bug" in refused.message
        (refused,) = heard(client, LetGo())
        assert isinstance(refused, Refused)
        assert refused.kind is Kind.INVALID
        assert heard(client, Stay()) == [Done()]


def test_the_end_is_answered_before_it_comes(desk: Desk) -> None:
    with served(desk) as client:
        assert heard(client, End(dynos=True)) == [Done()]
    assert desk.done == ["close True", "end"]


def test_whoever_holds_a_lease_hears_how_it_ends(desk: Desk) -> None:
    with served(desk) as client:
        assert heard(client, Bring("a", lease=True))[-1] == Brought(5000)
        client.send(LetGo())
        assert client.receive(20) == Said("going down")
    assert desk.done == ["let go a"]


def test_a_lease_whose_client_is_gone_is_over(desk: Desk) -> None:
    with served(desk) as client:
        heard(client, Bring("a", lease=True))
    assert desk.done == ["let go a"]


def test_an_app_that_goes_down_otherwise_is_not_let_go(desk: Desk) -> None:
    with served(desk) as client:
        heard(client, Bring("a", lease=True))
        desk.over.set()
        assert client.receive(20) is None
    assert desk.done == []


def test_what_keeps_an_app_from_going_down_is_told(desk: Desk) -> None:
    with served(desk) as client:
        heard(client, Bring("a", lease=True))
        desk.error = LocalkuError("The engine is stuck.")
        client.send(LetGo())
        assert [client.receive(20), client.receive(20)] == [Said("going down"), Refused("The engine is stuck.")]


def test_whoever_is_attached_holds_no_lease(desk: Desk) -> None:
    desk.attached = True
    with served(desk) as client:
        assert heard(client, Bring("a", lease=True), Stay()) == [
            Said("on its way"),
            Brought(5000, attached=True),
            Done(),
        ]
    assert desk.done == ["stay"]
