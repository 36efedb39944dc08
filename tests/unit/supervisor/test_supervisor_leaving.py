"""A supervisor that ends while dynos run on leaves all of it to the next one in the same process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from localku.supervisor import loop, retry_loop
from localku.supervisor.loop import Supervisor

if TYPE_CHECKING:
    from supervisor_kit import Stage


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def runs(supervisor: Supervisor) -> threading.Thread:
    thread = threading.Thread(target=supervisor.run, daemon=True)
    thread.start()
    return thread


def numbers(stage: Stage) -> list[str]:
    return [line.partition("]: ")[2] for line in stage.lines("web.1") if line.startswith("app[")]


def test_output_is_carried_once_by_one_supervisor_after_another(stage: Stage) -> None:
    printed = 0
    for _ in range(3):
        stage.supervisor = Supervisor(stage.context, stage.app)
        thread = runs(stage.supervisor)
        until(lambda: any(one.dyno == "web.1" for one in stage.engine.containers))
        container = stage.container("web.1")
        container.listening = True
        until(lambda: stage.record().state == "up")
        for _ in range(5):
            printed += 1
            container.print(f"{printed}\n")
        until(lambda last=str(printed): last in numbers(stage))
        stage.supervisor.leave()
        thread.join(20)
        assert not thread.is_alive()
        assert not any(pump.is_alive() for pump in stage.supervisor._pumps)
        printed += 1
        container.print(f"{printed}\n")  # while nobody listens
    stage.supervisor = Supervisor(stage.context, stage.app)
    thread = runs(stage.supervisor)
    until(lambda: str(printed) in numbers(stage))
    assert numbers(stage) == [str(number + 1) for number in range(printed)]
    assert stage.container("web.1").signals == []
    stage.supervisor.stop()
    thread.join(20)
    assert not thread.is_alive()


def test_a_fault_leaves_no_pump_and_no_line_of_a_late_one(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.up()
    (pump,) = stage.supervisor._pumps
    monkeypatch.setattr(loop.DesiredState, "read", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stage.supervisor.run()
    assert not pump.is_alive()
    before = stage.lines()
    stage.supervisor._shared.log.write("heroku", "web.1", "too late")
    assert stage.supervisor._shared.log.rows([b"too late"]) is False
    assert stage.lines() == before


def test_who_waits_for_the_engine_can_be_told_to_leave(stage: Stage) -> None:
    stage.up()
    stage.engine.lost = True
    stage.clock.on_sleep = lambda: time.sleep(0.01)
    supervisor = Supervisor(stage.context, stage.app, support=loop.Support(engine_seconds=float("inf")))
    thread = runs(supervisor)
    until(lambda: stage.clock.seconds > 2 * retry_loop.ENGINE_SECONDS)
    assert thread.is_alive()
    supervisor.leave()
    thread.join(20)
    assert not thread.is_alive()
