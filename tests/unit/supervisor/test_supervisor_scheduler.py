"""Commands on a schedule: when they start, once, and what is done with one that is still at it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from fake_engine import FakeClock

from localku.clock import calendar
from localku.dyno.lifetime import MINUTE
from localku.platform.addons import provisioning
from localku.platform.dynos import oneoff_runners
from localku.platform.releasing import release
from localku.records import ScheduledCommand, Slug
from localku.supervisor.desired_state import DesiredState
from localku.supervisor.scheduler import Scheduler

if TYPE_CHECKING:
    from supervisor_kit import Stage

SOON = datetime(2024, 6, 5, 11, 13, tzinfo=UTC)
"""The first whole minute after the fake clock's beginning, 11:12:35."""


@pytest.fixture
def kept(launched: list[str]) -> list[str]:
    """Names of the dynos that the server was asked to look after."""
    return launched


def schedule(stage: Stage, *entries: tuple[str, str]) -> None:
    """A release with these entries and nothing else that runs."""
    now, cron = stage.clock.now(), tuple(ScheduledCommand(command, when) for command, when in entries)
    types = {"worker": "work", "clean": "bin/clean"}
    slug = Slug(0, stage.app.id, "f", "localku/one:v3", "l", types, (), "debian-14", 1, None, now, cron)
    made = stage.context.store.releases.add_slug(slug)
    stage.context.store.releases.add(stage.app, made, {}, "Deploy", "succeeded", now)


def commands(stage: Stage) -> list[str]:
    return [one.command for one in stage.context.store.oneoffs.of(stage.app)]


def test_a_command_starts_when_its_minute_comes(stage: Stage, kept: list[str]) -> None:
    schedule(stage, ("bin/report --daily", "14 11 * * *"), ("echo hourly", "0 * * * *"))
    stage.round()
    stage.round(MINUTE)
    assert kept == []
    stage.round(MINUTE)
    stage.rounds(5)
    assert commands(stage) == ["bin/report --daily"]
    (name,) = kept
    assert name.startswith("scheduler.")
    assert stage.lines()[:2] == [
        "app[api]: Starting process with command `bin/report --daily` by user scheduler@addons.heroku.com",
        f"heroku[{name}]: Starting process with command `bin/report --daily`",
    ]


def test_the_minute_in_which_localku_starts_counts(stage: Stage, kept: list[str]) -> None:
    schedule(stage, ("now", "12 11 * * *"))
    stage.round()
    assert len(kept) == 1


def test_it_starts_with_the_address_that_its_database_has_moved_to(
    stage: Stage, kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule(stage, ("now", "12 11 * * *"))
    moved: list[int] = []

    def moves(_context: object, _app: object, **_: object) -> None:
        moved.append(
            release.make(
                stage.context, stage.app, phase=None, config={"DATABASE_URL": "new"}, description="Moved"
            ).version
        )

    (scheduler,) = (one for one in stage.supervisor._chores if isinstance(one, Scheduler))
    monkeypatch.setattr(provisioning, "ensure_running", moves)
    scheduler.step({}, DesiredState.read(stage.context, stage.app, stopping=False))
    (dyno,) = stage.context.store.oneoffs.of(stage.app)
    assert dyno.release == moved[0]
    (container,) = stage.engine.containers
    assert container.spec.environment["DATABASE_URL"] == "new"


def test_a_process_type_is_run_by_its_name(stage: Stage, kept: list[str]) -> None:
    schedule(stage, ("clean --all", "* * * * *"))
    stage.round()
    assert commands(stage) == ["bin/clean --all"]
    assert len(kept) == 1


def test_no_minute_is_missed_by_a_slow_round(stage: Stage, kept: list[str]) -> None:
    schedule(stage, ("one", "14 11 * * *"), ("two", "15 11 * * *"))
    stage.round()
    stage.round(5 * MINUTE)
    assert sorted(commands(stage)) == ["one", "two"]
    assert len(set(kept)) == 2


def test_a_killed_supervisor_does_not_start_it_again_for_the_same_minute(stage: Stage, kept: list[str]) -> None:
    schedule(stage, ("once", "* * * * *"))
    stage.round()
    stage.again()
    stage.rounds(3)
    assert commands(stage) == ["once"]
    assert set(kept) == {kept[0]}


def test_one_that_still_runs_is_stopped_and_that_time_left_out(stage: Stage, kept: list[str]) -> None:
    schedule(stage, ("slow", "*/2 * * * *"))
    stage.round()
    stage.round(2 * MINUTE)
    stage.round(2 * MINUTE)
    assert len(kept) == 1
    (dyno,) = stage.context.store.oneoffs.of(stage.app)
    assert dyno.wanted == "down"
    told = f"{dyno.name} is still running and its command is due again: it is stopped and this run skipped"
    assert stage.lines("scheduler") == [f"localku[scheduler]: {told}"]
    oneoff_runners.remove(stage.context, stage.app, dyno.name, dyno.container)
    stage.round(2 * MINUTE)
    assert len(set(kept)) == 2


def test_one_that_cannot_be_started_is_told_and_ends_nothing(stage: Stage, kept: list[str]) -> None:
    schedule(stage, ("bin/report", "* * * * *"))
    stage.engine.images.tags.clear()
    stage.round()
    stage.round(MINUTE)
    assert kept == []
    told = [line for line in stage.lines("scheduler") if "is gone from the engine" in line]
    assert len(told) == 2
    assert told[0].startswith("localku[scheduler]: `bin/report` could not be started: ")


def test_down_stops_what_runs_and_waits_for_it(stage: Stage, kept: list[str]) -> None:
    schedule(stage, ("long", "* * * * *"))
    stage.round()
    stage.context.store.apps.want(stage.app, "down")
    assert not stage.round()
    (dyno,) = stage.context.store.oneoffs.of(stage.app)
    assert dyno.wanted == "down"
    assert not stage.round(MINUTE)
    oneoff_runners.remove(stage.context, stage.app, dyno.name, dyno.container)
    assert stage.round()
    assert len(kept) == 1


def test_a_scaled_clock_has_a_calendar_that_is_the_same_for_all() -> None:
    clock = FakeClock()
    assert calendar(clock) == clock.now()
    clock.scale = 60
    first = calendar(clock)
    clock.later(1)
    assert calendar(clock) - first == timedelta(minutes=1)
