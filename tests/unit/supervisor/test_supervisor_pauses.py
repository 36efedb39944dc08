"""What makes the supervisor go round before its next round is due."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from localku.supervisor import databases, loop
from localku.supervisor.loop import Supervisor, Support

if TYPE_CHECKING:
    from supervisor_kit import Stage


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a reason to go round nobody does for as long as a test may take."""
    monkeypatch.setattr(loop, "TICK", 60)


def pauses(stage: Stage) -> threading.Thread:
    thread = threading.Thread(target=stage.supervisor._pause, daemon=True)
    thread.start()
    return thread


def test_a_web_dyno_that_boots_is_asked_at_short_intervals_for_its_first_seconds(stage: Stage) -> None:
    stage.engine.shares_host_network = True
    stage.round()
    assert stage.record().state == "starting"
    pauses(stage).join(20)
    stage.clock.later(loop.QUICK + 1)
    late = pauses(stage)
    late.join(0.3)
    assert late.is_alive()
    stage.supervisor.stop()
    late.join(20)


def test_a_port_that_only_the_engine_can_ask_is_asked_as_ever(stage: Stage) -> None:
    stage.round()
    waiting = pauses(stage)
    waiting.join(0.3)
    assert waiting.is_alive()
    stage.supervisor.stop()
    waiting.join(20)


def seconds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(loop, "TICK", 0.1)
    return stage.supervisor._seconds()


def test_an_app_of_which_nothing_is_due_sleeps_for_five_seconds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.supervisor = Supervisor(stage.context, stage.app, support=Support(tells_endings=True))
    assert seconds(stage, monkeypatch) == 0.1
    stage.up()
    assert seconds(stage, monkeypatch) == 0.1  # the last round has changed something
    stage.round()
    assert seconds(stage, monkeypatch) == 5
    stage.round(17)
    assert seconds(stage, monkeypatch) == 3  # the dyno's memory, each 20 seconds


def test_a_crashed_dyno_is_started_when_it_is_due(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        stage.up().exit(1)
        stage.round()
    stage.round()
    assert stage.record().state == "crashed"
    stage.round(8)
    assert seconds(stage, monkeypatch) == 2


def test_who_cannot_write_or_stops_a_dyno_does_not_sleep(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    web = stage.up()
    stage.rounds()
    web.deaf = True
    stage.context.store.dynos.ask_restart(stage.app, "web.1")
    stage.up()
    stage.rounds()
    assert stage.record().state == "up"
    assert seconds(stage, monkeypatch) == 0.1
    web.exit(0)
    stage.rounds(2)
    assert seconds(stage, monkeypatch) > 0.1
    stage.supervisor._records._late["web.1"] = None
    assert seconds(stage, monkeypatch) == 0.1


def test_the_end_of_a_container_has_the_databases_looked_at(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = list[float]()
    monkeypatch.setattr(
        databases.provisioning, "ensure_running", lambda *_, **__: looks.append(stage.clock.monotonic())
    )
    stage.supervisor = Supervisor(stage.context, stage.app, support=Support(tells_endings=True))
    stage.up()
    stage.round()
    looks.clear()
    stage.round(databases.EVERY_WHERE_TOLD - 1)
    assert looks == []
    stage.supervisor.container_ended()
    stage.supervisor._pause()
    stage.round()
    assert len(looks) == 1
