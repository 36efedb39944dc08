"""A client meets its dyno: as Heroku's CLI does it, and as others do."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from localku.api import rendezvous
from localku.api.rendezvous import GONE, Rendezvous
from localku.clock import SystemClock
from localku.errors import LocalkuError
from localku.platform.dynos.attached_dyno import Connection
from localku.router.tls import trust

if TYPE_CHECKING:
    from localku.api.rendezvous import Joined
    from localku.context import Context


@dataclass
class Process:
    """What stands for a dyno: it says what it is told to say, and keeps what it hears."""

    heard: bytes = b""
    input_over: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)
    says: SimpleQueue[bytes | None] = field(default_factory=SimpleQueue)

    def fileno(self) -> int:
        raise AssertionError

    def send(self, data: bytes) -> None:
        self.heard += data

    def end_input(self) -> None:
        self.input_over.set()

    def receive(self) -> bytes:
        return self.says.get() or b""

    def frames(self) -> Iterator[tuple[int, bytes]]:
        while piece := self.says.get():
            yield 1, piece

    def hang_up(self) -> None:
        self.hung_up.set()
        self.says.put(None)


@dataclass
class Meeting:
    place: Rendezvous
    authority: str
    process: Process = field(default_factory=Process)
    joined: Joined | None = None
    ended: list[object] = field(default_factory=list)

    def come(self, said: bytes | None = None) -> ssl.SSLSocket:
        url = urlsplit(self.place.url)
        made = socket.create_connection((str(url.hostname), url.port or 0), 20)
        client = ssl.create_default_context(cafile=self.authority).wrap_socket(made, server_hostname=url.hostname)
        client.sendall(f"{url.path[1:]}\r\n".encode() if said is None else said)
        return client

    def run(self, *, tty: bool = False) -> threading.Thread:
        """What `attached_run` does: meet, join, close."""
        connection = Connection(self.process, tty, lambda _rows, _columns: None, lambda: None)

        def work() -> None:
            client = self.place.met()
            try:
                client.join(connection)
                self.ended.append(0)
            except SystemExit as error:
                self.ended.append(error.code)
            finally:
                client.close()

        thread = threading.Thread(target=work)
        thread.start()
        return thread


@pytest.fixture
def meeting(context: Context) -> Iterator[Meeting]:
    context = replace(context, clock=SystemClock())
    with Rendezvous(trust.loopback(context)) as place:
        yield Meeting(place, str(context.home / "tls" / "ca.pem"))


def all_of(client: ssl.SSLSocket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def test_the_greeting_comes_first_and_alone(meeting: Meeting) -> None:
    running = meeting.run()
    client = meeting.come()
    assert client.recv(65536) == b"rendezvous\r\n"
    for piece in (b"hello\n", b"\xff\x00", None):
        meeting.process.says.put(piece)
    client.sendall(b"\x04")
    assert all_of(client) == b"hello\n\xff\x00"
    running.join(20)
    assert meeting.ended == [0]


def test_the_end_of_input_is_a_byte_that_a_pipe_never_sees(meeting: Meeting) -> None:
    running = meeting.run()
    client = meeting.come()
    client.recv(65536)
    client.sendall(b"1\n2\n")
    client.sendall(b"3\n\x04")
    assert meeting.process.input_over.wait(20)
    assert meeting.process.heard == b"1\n2\n3\n"
    meeting.process.says.put(None)
    running.join(20)


def test_on_a_terminal_it_is_passed_on(meeting: Meeting) -> None:
    running = meeting.run(tty=True)
    client = meeting.come()
    client.recv(65536)
    client.sendall(b"exit\x04")
    until = time.monotonic() + 20
    while meeting.process.heard != b"exit\x04" and time.monotonic() < until:
        time.sleep(0.01)
    assert meeting.process.heard == b"exit\x04"
    assert not meeting.process.input_over.is_set()
    meeting.process.says.put(None)
    running.join(20)


def test_who_ends_first_is_not_hung_up_on_before_the_client_s_last_word(meeting: Meeting) -> None:
    running = meeting.run()
    client = meeting.come()
    client.recv(65536)
    meeting.process.says.put(None)
    time.sleep(0.2)
    client.sendall(b"\x04")  # Heroku's CLI breaks off with an error where this cannot be written
    assert all_of(client) == b""
    running.join(20)


def test_a_client_that_goes_away_hangs_up_its_dyno(meeting: Meeting) -> None:
    running = meeting.run()
    client = meeting.come()
    client.recv(65536)
    client.close()
    running.join(20)
    assert meeting.process.hung_up.is_set()
    assert meeting.ended == [GONE]


def test_a_secret_without_a_newline_will_do(meeting: Meeting) -> None:
    running = meeting.run()
    secret = urlsplit(meeting.place.url).path[1:].encode()
    client = meeting.come(secret)
    assert client.recv(65536) == b"rendezvous\r\n"
    client.sendall(b"\x04")
    meeting.process.says.put(None)
    running.join(20)


def test_others_are_not_let_in_and_keep_nobody_out(meeting: Meeting) -> None:
    running = meeting.run()
    url = urlsplit(meeting.place.url)
    wrong = meeting.come(b"0" * 64 + b"\r\n")
    with pytest.raises((ConnectionError, ssl.SSLError, AssertionError)):
        assert wrong.recv(1)
    with suppress(ConnectionError), socket.create_connection((str(url.hostname), url.port or 0), 20) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while plain.recv(65536):
            pass
    client = meeting.come()
    assert client.recv(65536) == b"rendezvous\r\n"
    client.sendall(b"\x04")
    meeting.process.says.put(None)
    running.join(20)
    assert meeting.ended == [0]


def test_a_client_that_never_comes_is_not_waited_for_for_ever(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendezvous, "MEET_SECONDS", 0.2)
    with pytest.raises(LocalkuError, match="did not come"):
        meeting.place.met()
