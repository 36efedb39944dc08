"""The server goes when nobody needs it, and never while somebody is about to."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from localku import locks
from localku.control.control_connection import Connection
from localku.control.messages import Hello
from localku.control.server_client import hello
from localku.control.starting import start_lock
from localku.errors import LocalkuError
from localku.server.control_listener import Listener
from localku.server.idle_end import IdleEnd, Uses


class Stage:
    """A listener with a server's idle end, which comes after a fifth of a second."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(home / "door"))
        self.door.listen()
        self.needed = False
        self.requests = 0
        self.fails = False
        self.ended = threading.Event()
        self.listener = Listener(self.door, hello, lambda connection: connection.receive() and None)
        self.listener.start()

    def is_needed(self) -> bool:
        if self.fails:
            raise LocalkuError("The store is locked.")
        return self.needed

    def begin(self) -> None:
        uses = Uses(self.is_needed, lambda: self.requests)
        IdleEnd(self.home, self.listener, uses, self.ended.set, 0.2).start()

    def client(self) -> Connection:
        joined = socket.socket(socket.AF_UNIX)
        joined.connect(str(self.home / "door"))
        made = Connection(joined)
        with suppress(BrokenPipeError):
            made.send(hello())
        return made

    def stays(self) -> bool:
        return not self.ended.wait(0.7)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.fails = made.needed = False  # its thread ends by that, where the test has begun it
    made.door.close()


def test_it_ends_when_nobody_needs_it_and_nobody_can_start_another_meanwhile(stage: Stage) -> None:
    stage.begin()
    assert stage.ended.wait(20)
    with pytest.raises(locks.Busy), locks.held(start_lock(stage.home), ""):
        pass


def test_whoever_comes_too_late_is_hung_up_on_before_hello(stage: Stage) -> None:
    stage.begin()
    assert stage.ended.wait(20)
    assert stage.client().receive(20) is None


def test_it_stays_while_something_is_wanted(stage: Stage) -> None:
    stage.needed = True
    stage.begin()
    assert stage.stays()
    stage.needed = False
    assert stage.ended.wait(20)


def test_it_stays_where_it_cannot_tell(stage: Stage) -> None:
    stage.fails = True
    stage.begin()
    assert stage.stays()


def test_it_stays_while_somebody_is_connected(stage: Stage) -> None:
    client = stage.client()
    assert isinstance(client.receive(20), Hello)
    stage.begin()
    assert stage.stays()
    client.close()
    assert stage.ended.wait(20)


def test_it_stays_for_the_program_that_a_command_has_become(stage: Stage) -> None:
    become = "import os, sys; os.execvp('sleep', ['sleep', '1.5'])"
    client = stage.client()
    assert isinstance(client.receive(20), Hello)
    descriptor = client.leave_open()
    program = subprocess.Popen([sys.executable, "-c", become], close_fds=False)
    os.close(descriptor)
    stage.begin()
    assert stage.stays()
    program.wait()
    assert stage.ended.wait(20)


def test_it_stays_where_commands_come_and_go_between_its_looks(stage: Stage) -> None:
    stage.begin()
    until = time.monotonic() + 0.7
    while time.monotonic() < until:
        client = stage.client()
        assert isinstance(client.receive(20), Hello)
        client.close()
        time.sleep(0.05)
    assert not stage.ended.is_set()
    assert stage.ended.wait(20)


def test_it_stays_where_requests_come_and_go_between_its_looks(stage: Stage) -> None:
    stage.begin()
    until = time.monotonic() + 0.7
    while time.monotonic() < until:
        stage.requests += 1
        time.sleep(0.05)
    assert not stage.ended.is_set()
    assert stage.ended.wait(20)


def test_it_stays_while_somebody_is_about_to_start_a_server(stage: Stage) -> None:
    with locks.held(start_lock(stage.home), ""):
        stage.begin()
        assert stage.stays()
        assert isinstance(stage.client().receive(20), Hello)
    assert stage.ended.wait(20)


def test_it_ends_with_its_state_folder(stage: Stage) -> None:
    stage.needed = True
    stage.begin()
    shutil.rmtree(stage.home)
    assert stage.ended.wait(20)


def test_a_client_that_does_not_say_hello_is_not_served(stage: Stage) -> None:
    joined = socket.socket(socket.AF_UNIX)
    joined.connect(str(stage.home / "door"))
    joined.sendall(b"GET / HTTP/1.1\r\n")
    joined.settimeout(20)
    assert joined.recv(100) == b""


def test_who_has_hung_up_is_no_client_though_nobody_has_noticed_yet(stage: Stage) -> None:
    here, there = socket.socketpair()
    connection = Connection(here)
    assert not connection.is_over
    there.sendall(b"one\ntwo")
    assert not connection.is_over
    here.settimeout(10)  # as while it waits for hello
    assert here.recv(100) == b"one\ntwo"
    began = time.monotonic()
    assert not connection.is_over
    assert time.monotonic() - began < 5
    there.close()
    assert connection.is_over
    connection.close()
    assert connection.is_over
    client = stage.client()
    assert isinstance(client.receive(20), Hello)
    assert stage.listener.clients == 1
    client.close()


def test_many_who_come_and_go_leave_nothing(stage: Stage) -> None:
    for _ in range(50):
        stage.client().close()
    deadline = time.monotonic() + 20
    while stage.listener.connections:
        assert time.monotonic() < deadline
        time.sleep(0.01)
