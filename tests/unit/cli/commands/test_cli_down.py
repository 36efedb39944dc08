"""`localku down`, where another process runs the app or did."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.dynos import filesystem, running
from localku.store.records import App, Observation

if TYPE_CHECKING:
    from conftest import Command

FULL = LocalkuError("The disk with state.db is full.", "Free some space and try again.")


class Runner:
    """The process that runs the app: it ends when it is told to, by the store or by a signal."""

    def __init__(self, context: Context, app: App) -> None:
        self.signals: list[int] = []
        self.looks = 0
        self._context, self._app = context, app

    def pid(self, *_: object) -> int | None:
        self.looks += 1
        told = self._context.store.apps.by_id(self._app.id).wanted == "down" or self.signals
        return None if told and self.looks > 2 else 4242

    def kill(self, pid: int, number: int) -> None:
        assert pid == 4242
        self.signals.append(number)


@pytest.fixture
def runner(context: Context, root: object, monkeypatch: pytest.MonkeyPatch) -> Runner:
    from localku.platform import apps

    app = apps.create(context, root, None)  # type: ignore[arg-type]
    context.store.apps.want(app, "up")
    made = Runner(context, app)
    monkeypatch.setattr(running, "is_running", made.pid)
    monkeypatch.setattr(os, "kill", made.kill)
    return made


def test_it_answers_at_once_and_tells_what_was_lost(
    localku: Command, context: Context, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    (app,) = context.store.apps.all()
    old = Observation(app.id, "worker.1", filesystem.FAREWELL, 3, "worker.1 wrote long ago", context.clock.now())
    context.store.observations.keep(old)
    context.engine.clock.later(1)  # type: ignore[attr-defined]
    new = Observation(app.id, "web.1", filesystem.FAREWELL, 3, "web.1 wrote 1 file", context.clock.now())
    context.store.observations.keep(new)
    done = localku("down")
    assert done.err == "Stopping one: SIGTERM to all its processes, SIGKILL after 30 seconds\n"
    assert done.out == "web.1 wrote 1 file\none is down\n"
    assert runner.signals == []


def test_where_the_store_cannot_be_written_a_signal_tells(
    localku: Command, context: Context, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FULL

    monkeypatch.setattr(context.store.apps, "want", full)
    done = localku("down")
    assert (done.status, done.out) == (0, "one is down\n")
    assert runner.signals == [signal.SIGTERM]
    assert "Not recorded: that one is down" in done.err
