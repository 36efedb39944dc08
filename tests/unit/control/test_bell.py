"""The doorbell: whoever commits rings, and nobody ever waits for it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from localku.control import bell, server_address
from localku.opening import open_context
from localku.store.store import Store


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(server_address, "TEMPORARY", tmp_path)
    monkeypatch.setenv("LOCALKU_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def rings(heard: socket.socket) -> list[str]:
    heard.setblocking(False)
    found = []
    while True:
        try:
            found.append(heard.recv(100).decode())
        except BlockingIOError:
            return found


def test_nobody_there_is_no_error(home: Path) -> None:
    bell.ring(home)


def test_a_ring_names_the_app_that_somebody_waits_for(home: Path) -> None:
    with bell.listen(home) as heard:
        bell.ring(home)
        bell.ring(home, "0d9f")
        assert rings(heard) == ["", "0d9f"]


def test_rings_that_have_come_by_then_are_heard_at_once_and_equal_ones_once(home: Path) -> None:
    with bell.listen(home) as heard:
        for ring in ("", "0d9f", "", "77aa", ""):
            bell.ring(home, ring)
        assert bell.heard(heard) == {"", "0d9f", "77aa"}
        bell.ring(home)
        assert bell.heard(heard) == {""}


def test_whoever_rings_does_not_wait_for_one_who_does_not_listen(home: Path) -> None:
    with bell.listen(home) as heard:
        for _ in range(2000):
            bell.ring(home)
        assert 0 < len(rings(heard)) < 2000


def test_a_killed_server_leaves_no_bell_that_is_in_the_way(home: Path) -> None:
    bell.listen(home).close()
    bell.ring(home)
    with bell.listen(home) as heard:
        bell.ring(home)
        assert rings(heard) == [""]


def test_each_transaction_rings_once_and_reading_does_not(home: Path) -> None:
    store = open_context().store
    with bell.listen(home) as heard:
        with store.db.transaction():
            store.db.run("DELETE FROM apps")
            store.db.run("DELETE FROM apps")
            assert rings(heard) == []
        assert rings(heard) == [""]
        store.apps.all()
        assert rings(heard) == []


def test_what_is_rolled_back_does_not_ring(tmp_path: Path) -> None:
    rung: list[None] = []
    store = Store(tmp_path, lambda: rung.append(None))
    rung.clear()
    with pytest.raises(KeyError), store.db.transaction():
        raise KeyError
    assert rung == []
