"""Scheduled backups are made when they are due, whatever comes of the one before."""

import threading

import pytest

from localku.server import backup_timer
from localku.server.backup_timer import BackupTimer

SECONDS = 20.0


def test_it_waits_until_one_is_due_and_is_busy_meanwhile() -> None:
    due = iter([0.05, 0.0])
    began, may_end, done = threading.Event(), threading.Event(), threading.Event()

    def run() -> None:
        began.set()
        assert may_end.wait(SECONDS)
        done.set()

    timer = BackupTimer(lambda: next(due, 1000.0), run)
    assert not timer.is_busy
    timer.start()
    assert began.wait(SECONDS)
    assert timer.is_busy
    may_end.set()
    assert done.wait(SECONDS)
    timer.stop()


def test_one_that_fails_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_timer, "LOOK", 0.01)
    seen, enough = [], threading.Event()

    def run() -> None:
        seen.append(1)
        if len(seen) == 2:
            enough.set()
        raise RuntimeError("a bug")

    timer = BackupTimer(lambda: 0.0, run)
    timer.start()
    assert enough.wait(SECONDS)
    timer.stop()


def test_a_clock_that_jumps_is_noticed_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_timer, "LOOK", 0.01)
    due, ran = [1000.0], threading.Event()
    timer = BackupTimer(lambda: due[0], ran.set)
    timer.start()
    assert not ran.wait(0.1)
    due[0] = 0.0
    assert ran.wait(SECONDS)
    timer.stop()
