"""Preboot: the old web dyno serves until the new one is up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localku.platform import labs

if TYPE_CHECKING:
    from supervisor_kit import Stage


@pytest.fixture(autouse=True)
def enabled(stage: Stage) -> None:
    labs.enable(stage.context, stage.app, "preboot")
    stage.scale("standard-1x", web=2)


def both_up(stage: Stage) -> list[str]:
    """Bring both web dynos up; the ids of their containers."""
    stage.round()
    for container in stage.engine.containers:
        container.listening = True
    stage.rounds(2)
    return list(stage.engine.containers.by_id)


def test_the_old_dynos_stop_when_all_new_ones_are_up(stage: Stage) -> None:
    old = both_up(stage)
    stage.new_lines("web.1")
    stage.deploy()
    stage.rounds(2)
    addresses = [(stage.record(name).state, stage.record(name).container) for name in ("web.1", "web.2")]
    assert addresses == [("up", old[0]), ("up", old[1])]
    assert len(stage.containers()) == 4
    stage.container("web.1").listening = True
    stage.rounds(2)
    assert stage.record().container == old[0]
    stage.container("web.2").listening = True
    stage.rounds(3)
    assert stage.record().container not in old
    assert stage.containers() == ["web.1", "web.2"]
    assert stage.new_lines("web.1") == [
        "heroku[web.1]: State changed from up to starting",
        "heroku[web.1]: Starting process with command `serve`",
        "heroku[web.1]: State changed from starting to up",
        "heroku[web.1]: Stopping all processes with SIGTERM",
        "heroku[web.1]: Process exited with status 143",
    ]


def test_they_are_kept_for_three_minutes_at_most(stage: Stage) -> None:
    old = both_up(stage)
    stage.deploy()
    stage.round()
    stage.container("web.1").listening = True
    stage.container("web.2").deaf = True
    stage.rounds()
    stage.round(59)
    assert stage.record("web.2").container == old[1]
    stage.round(130)
    stage.rounds(2)
    assert set(old).isdisjoint(stage.engine.containers.by_id)


def test_a_new_dyno_that_crashes_takes_its_place_all_the_same(stage: Stage) -> None:
    both_up(stage)
    release = stage.deploy()
    stage.round()
    stage.container("web.1").listening = True
    stage.container("web.2").exit(1)
    stage.rounds(4)
    assert stage.record("web.2").release == release.version
    assert stage.record("web.2").crashes == 1
    assert len(stage.containers()) == 2


def test_a_release_meanwhile_takes_the_place_of_the_one_before(stage: Stage) -> None:
    old = both_up(stage)
    stage.deploy()
    stage.rounds(2)
    newest = stage.deploy()
    stage.rounds(2)
    for container in stage.engine.containers:
        container.listening = True
    stage.rounds(3)
    assert {stage.record(name).release for name in ("web.1", "web.2")} == {newest.version}
    assert len(stage.containers()) == 2
    assert set(old).isdisjoint(stage.engine.containers.by_id)


def test_a_killed_supervisor_leaves_the_old_dynos_serving_and_nothing_doubled(stage: Stage) -> None:
    old = both_up(stage)
    stage.deploy()
    stage.rounds(2)
    stage.again()
    stage.rounds(2)
    assert set(old) < set(stage.engine.containers.by_id)
    assert len(stage.containers()) == 4


def test_fewer_dynos_meanwhile_are_fewer_new_ones_too(stage: Stage) -> None:
    both_up(stage)
    stage.deploy()
    stage.rounds(2)
    stage.scale("standard-1x", web=1)
    stage.rounds(2)
    stage.container("web.1").listening = True
    stage.rounds(3)
    assert stage.containers() == ["web.1"]


def test_workers_restart_as_ever(stage: Stage) -> None:
    stage.scale("standard-1x", web=0, worker=1)
    stage.rounds(2)
    stage.deploy()
    stage.rounds(2)
    assert "heroku[worker.1]: Restarting" in stage.lines()
    assert stage.containers() == ["worker.1"]


@pytest.mark.parametrize("reason", ["size", "feature"])
def test_without_the_size_or_the_feature_there_is_none(stage: Stage, reason: str) -> None:
    if reason == "size":
        stage.scale("basic", web=1)
    else:
        labs.disable(stage.context, stage.app, "preboot")
    both_up(stage)
    stage.deploy()
    stage.round()
    assert "heroku[web.1]: Restarting" in stage.lines()
