"""Cycling, and the sleep of eco dynos: every line, and what a killed supervisor knows of it afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localku.dyno import lifetime
from localku.dyno.lifetime import HOUR, MINUTE, Cycling
from localku.records import EVERY_DYNO
from localku.server.children import CHORES
from localku.supervisor.loop import Supervisor
from localku.supervisor.supervisor_limits import Limits

if TYPE_CHECKING:
    from supervisor_kit import Stage

CYCLED = [
    "heroku[web.1]: Cycling",
    "heroku[web.1]: Stopping all processes with SIGTERM",
    "heroku[web.1]: Process exited with status 143",
    "heroku[web.1]: State changed from up to down",
    "heroku[web.1]: State changed from down to starting",
    "heroku[web.1]: Starting process with command `serve`",
]
SLEPT = [
    "heroku[web.1]: Idling",
    "heroku[web.1]: Stopping all processes with SIGTERM",
    "heroku[web.1]: Process exited with status 143",
    "heroku[web.1]: State changed from up to down",
]
DAY = 24 * HOUR


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> None:
    """All dynos get the middle of Heroku's random part."""
    monkeypatch.setattr(lifetime, "share", lambda _container: 0.5)


@pytest.mark.usefixtures("share")
def test_a_dyno_is_cycled_a_day_and_its_random_part_after_it_came_up(stage: Stage) -> None:
    stage.up()
    stage.round(DAY + 107 * MINUTE)
    stage.new_lines()
    assert stage.record().state == "up"
    stage.round(2 * MINUTE)
    assert (stage.record().state, stage.record().host) == ("down", None)
    stage.rounds(2)
    assert stage.new_lines() == CYCLED
    stage.container("web.1").listening = True
    stage.rounds(2)
    assert stage.record().state == "up"
    assert stage.containers() == ["web.1"]


@pytest.mark.usefixtures("share")
@pytest.mark.parametrize("how", ["release", "restart"])
def test_a_release_and_a_restart_begin_the_day_anew(stage: Stage, how: str) -> None:
    stage.up()
    stage.clock.later(DAY)
    if how == "release":
        stage.deploy()
    else:
        stage.context.store.dynos.ask_restart(stage.app, EVERY_DYNO)
    stage.round()
    stage.up()
    stage.rounds(3)
    stage.round(DAY)
    assert "heroku[web.1]: Cycling" not in stage.lines()
    stage.round(109 * MINUTE)
    assert "heroku[web.1]: Cycling" in stage.lines()


@pytest.mark.usefixtures("share")
def test_the_age_of_a_dyno_is_known_to_the_next_supervisor(stage: Stage) -> None:
    stage.up()
    stage.clock.later(DAY)
    stage.again()
    stage.round(109 * MINUTE)
    assert "heroku[web.1]: Cycling" in stage.lines()


@pytest.mark.usefixtures("share")
def test_a_dyno_being_cycled_when_the_supervisor_was_killed_is_started_and_not_crashed(stage: Stage) -> None:
    old = stage.up()
    old.deaf = True
    stage.round(2 * DAY)
    stage.again()
    old.exit(143)
    stage.new_lines()
    stage.up()
    assert stage.new_lines() == [
        "heroku[web.1]: Process exited with status 143",
        "heroku[web.1]: State changed from down to starting",
        "heroku[web.1]: Starting process with command `serve`",
        "heroku[web.1]: State changed from starting to up",
    ]


@pytest.mark.usefixtures("share")
def test_a_cycled_dyno_that_does_not_stop_is_killed_and_then_started(stage: Stage) -> None:
    stage.up().deaf = True
    stage.round(2 * DAY)
    stage.round(29)
    assert stage.containers() == ["web.1"]
    stage.round(2)
    stage.rounds(2)
    assert stage.record().state == "starting"
    assert "heroku[web.1]: Process exited with status 137" in stage.lines()


@pytest.mark.usefixtures("share")
def test_a_release_while_a_dyno_is_cycled_starts_it_at_once(stage: Stage) -> None:
    old = stage.up()
    old.deaf = True
    stage.round(2 * DAY)
    stage.deploy()
    stage.new_lines()
    stage.up()
    old.exit(143)
    stage.rounds(2)
    assert stage.new_lines() == [
        "heroku[web.1]: State changed from up to starting",
        "heroku[web.1]: Starting process with command `serve`",
        "heroku[web.1]: State changed from starting to up",
        "heroku[web.1]: Process exited with status 143",
    ]


def test_how_often_dynos_are_cycled_can_be_had_shorter(stage: Stage) -> None:
    stage.supervisor = Supervisor(stage.context, stage.app, Limits(cycling=Cycling(5 * MINUTE, 0)), chores=CHORES)
    stage.up()
    stage.round(5 * MINUTE)
    stage.rounds(2)
    assert stage.lines()[2:] == CYCLED


def test_each_container_has_its_own_share_of_the_random_part() -> None:
    assert lifetime.share("0" * 64) == 0
    assert lifetime.share("8" + "0" * 63) == 0.5
    assert 0.99 < lifetime.share("f" * 64) < 1


def asleep(stage: Stage) -> None:
    """Two eco dynos that sleep."""
    stage.scale("eco", web=1, worker=1)
    stage.up()
    stage.clock.later(30 * MINUTE)
    stage.rounds(3)


def test_eco_dynos_sleep_after_half_an_hour_without_a_request(stage: Stage) -> None:
    stage.scale("eco", web=1, worker=1)
    stage.up()
    stage.new_lines("web.1")
    stage.round(29 * MINUTE)
    assert stage.record().state == "up"
    stage.round(2 * MINUTE)
    stage.rounds(3)
    assert stage.new_lines("web.1") == SLEPT
    assert {name: stage.record(name).state for name in ("web.1", "worker.1")} == {"web.1": "idle", "worker.1": "idle"}
    assert stage.containers() == []


def test_a_request_keeps_them_awake_for_another_half_hour(stage: Stage) -> None:
    stage.scale("eco", web=1)
    stage.up()
    stage.clock.later(29 * MINUTE)
    stage.context.store.traffic.seen(stage.app.uuid, stage.clock.now())
    stage.round(29 * MINUTE)
    assert stage.record().state == "up"
    stage.round(2 * MINUTE)
    assert stage.record().state == "idle"


def test_the_first_request_wakes_them_all(stage: Stage) -> None:
    asleep(stage)
    stage.new_lines("web.1")
    stage.clock.later(5)
    stage.context.store.traffic.seen(stage.app.uuid, stage.clock.now())
    stage.up()
    assert stage.new_lines("web.1") == [
        "heroku[web.1]: Unidling",
        "heroku[web.1]: State changed from down to starting",
        "heroku[web.1]: Starting process with command `serve`",
        "heroku[web.1]: State changed from starting to up",
    ]
    assert stage.record("worker.1").state == "up"


def test_a_request_while_a_dyno_goes_to_sleep_waits_for_that(stage: Stage) -> None:
    stage.scale("eco", web=1)
    web = stage.up()
    web.deaf = True
    stage.round(30 * MINUTE)
    stage.clock.later(1)
    stage.context.store.traffic.seen(stage.app.uuid, stage.clock.now())
    stage.rounds(3)
    assert stage.lines()[-1] == "heroku[web.1]: Stopping all processes with SIGTERM"
    web.exit(0)
    stage.rounds(2)
    assert stage.lines()[-3:] == [
        "heroku[web.1]: Unidling",
        "heroku[web.1]: State changed from down to starting",
        "heroku[web.1]: Starting process with command `serve`",
    ]


def test_sleepers_sleep_on_after_a_kill(stage: Stage) -> None:
    asleep(stage)
    stage.again()
    stage.rounds(3)
    assert stage.containers() == []
    assert stage.record().state == "idle"
    stage.clock.later(1)
    stage.context.store.traffic.seen(stage.app.uuid, stage.clock.now())
    stage.round()
    assert stage.record().state == "starting"


def test_a_release_wakes_them(stage: Stage) -> None:
    asleep(stage)
    stage.new_lines("web.1")
    stage.deploy()
    stage.up()
    assert stage.new_lines("web.1")[0] == "heroku[web.1]: State changed from down to starting"
    assert stage.record().state == "up"


@pytest.mark.parametrize("size", ["basic", "standard-1x"])
def test_other_sizes_never_sleep(stage: Stage, size: str) -> None:
    stage.scale(size, web=1)
    stage.up()
    stage.round(10 * HOUR)
    assert stage.record().state == "up"


def test_an_eco_worker_alone_never_sleeps(stage: Stage) -> None:
    stage.scale("eco", web=0, worker=1)
    stage.round()
    stage.round(10 * HOUR)
    assert stage.record("worker.1").state == "up"
