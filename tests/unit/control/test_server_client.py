"""A command's side of the connection: typed calls, and plain words where the server is not what it should be."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localku.control import server_address
from localku.control.control_connection import Connection
from localku.control.messages import Bring, Brought, Done, End, Hello, LetGo, Message, Refused, Said, TakeDown
from localku.control.server_client import Lost, connect, hello
from localku.errors import Kind, LocalkuError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(server_address, "TEMPORARY", tmp_path)
    return tmp_path


@contextmanager
def served(home: Path, serve: Callable[[Connection], None]) -> Iterator[None]:
    """One connection, with `serve` at the other end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(server_address.socket_file(home)))
        listening.listen()

        def work() -> None:
            made = Connection(listening.accept()[0])
            serve(made)
            made.close()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            thread.join(10)


def answering(*replies: Message, heard: list[Message] | None = None) -> Callable[[Connection], None]:
    """A server that says hello, and then this to whatever is asked."""

    def serve(connection: Connection) -> None:
        assert connection.is_ours()
        assert isinstance(connection.receive(5), Hello)
        connection.send(hello())
        asked = connection.receive(5)
        if heard is not None and asked is not None:
            heard.append(asked)
        for reply in replies:
            connection.send(reply)

    return serve


def test_nobody_listens(home: Path) -> None:
    assert connect(home) is None


def test_a_killed_servers_socket_is_nobody(home: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(server_address.socket_file(home)))
    assert connect(home) is None


def test_one_who_hangs_up_before_hello_is_nobody(home: Path) -> None:
    with served(home, lambda _: server_address.socket_file(home).unlink()):
        assert connect(home) is None


def test_one_who_was_killed_before_hello_may_have_a_successor(home: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(server_address.socket_file(home)))
        listening.listen()

        def work() -> None:
            listening.accept()[0].close()
            serve = answering()
            serve(Connection(listening.accept()[0]))

        thread = threading.Thread(target=work)
        thread.start()
        client = connect(home)
        assert client is not None
        client.close()
        thread.join(10)


def test_one_who_does_not_answer_is_an_error(home: Path) -> None:
    done = threading.Event()
    with served(home, lambda _: done.wait(5) and None):
        with pytest.raises(LocalkuError) as raised:
            connect(home, 0.1)
        done.set()
    assert raised.value.kind is Kind.UNAVAILABLE
    assert "does not answer" in raised.value.message


def test_both_say_hello(home: Path) -> None:
    with served(home, answering(Done())):
        client = connect(home)
        assert client is not None
        with client:
            assert client.hello.pid == os.getpid()
            client.take_down("0d9f", print)


def test_what_is_said_meanwhile_is_passed_on(home: Path) -> None:
    said: list[str] = []
    heard: list[Message] = []
    with served(home, answering(Said("Port 5000 is in use"), Brought(5001), heard=heard)):
        client = connect(home)
        assert client is not None
        with client:
            assert client.bring(Bring("0d9f", 5000), said.append) == Brought(5001)
    assert (said, heard) == (["Port 5000 is in use"], [Bring("0d9f", 5000)])


def test_a_refusal_is_the_error_it_was(home: Path) -> None:
    with served(home, answering(Refused("No.", "Never.", Kind.CONFLICT))):
        client = connect(home)
        assert client is not None
        with client, pytest.raises(LocalkuError) as raised:
            client.take_down("0d9f", print)
    assert (raised.value.message, raised.value.hint, raised.value.kind) == ("No.", "Never.", Kind.CONFLICT)


def test_a_server_that_goes_away_is_said_to_have(home: Path) -> None:
    with served(home, answering()):
        client = connect(home)
        assert client is not None
        with client, pytest.raises(Lost):
            client.end(dynos=False, say=print)


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        (lambda client: client.end(dynos=True, say=print), End(dynos=True)),
        (lambda client: client.take_down("0d9f", print), TakeDown("0d9f")),
    ],
)
def test_what_is_asked_arrives(home: Path, call: Callable[[object], None], asked: Message) -> None:
    heard: list[Message] = []
    with served(home, answering(Done(), heard=heard)):
        client = connect(home)
        assert client is not None
        with client:
            call(client)
    assert heard == [asked]


def test_a_lease_given_back_is_followed_to_its_end(home: Path) -> None:
    said: list[str] = []
    heard: list[Message] = []
    with served(home, answering(Said("Stopping web.1"), heard=heard)):
        client = connect(home)
        assert client is not None
        with client:
            client.let_go()
            client.follow(said.append)
    assert (said, heard) == (["Stopping web.1"], [LetGo()])
