"""Trouble on purpose: what is done, how it is told, and that it can be repeated."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pytest
from fake_engine import START

from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform import chaos
from localku.records import ChaosPlan
from localku.services.postgres import credentials, superuser
from localku.supervisor.processes import below_first, listed

if TYPE_CHECKING:
    from supervisor_kit import Stage

PROCESSES = b"1 0 docker-init\n7 1 bash\n8 7 gunicorn\n30 0 bash\n31 30 sleep\n12 8 gunicorn\n11 8 gunicorn\n13 11 sh\n"


def plan(rate: float = 6, seed: int = 42, kinds: tuple[str, ...] = tuple(chaos.KINDS)) -> ChaosPlan:
    return ChaosPlan(1, rate, seed, kinds, START)


def test_a_seed_makes_one_sequence_whatever_the_moment() -> None:
    first, again = list(islice(chaos.acts(plan()), 50)), list(islice(chaos.acts(plan()), 50))
    assert first == again
    assert first != list(islice(chaos.acts(plan(seed=43)), 50))
    assert [(act.kind, round(act.at, 3), round(act.pick, 3)) for act in first[:3]] == [
        ("restart", 11.394, 0.275),
        ("slow", 23.759, 0.892),
        ("restart", 32.978, 0.219),
    ]


def test_acts_come_at_the_rate_and_are_of_all_kinds() -> None:
    found = list(islice(chaos.acts(plan(rate=60)), 1000))
    assert 0.9 < found[-1].at / 1000 < 1.1
    assert {act.kind for act in found} == set(chaos.KINDS)
    gaps = [later.at - sooner.at for sooner, later in pairwise(found)]
    assert 0.5 <= min(gaps) <= max(gaps) <= 1.5
    assert {act.choose(3) for act in found} == {0, 1, 2}


def test_a_rate_changes_the_moments_and_nothing_else() -> None:
    slow, quick = islice(chaos.acts(plan(rate=6)), 20), islice(chaos.acts(plan(rate=60)), 20)
    assert [(act.kind, act.pick) for act in slow] == [(act.kind, act.pick) for act in quick]


def on(stage: Stage, *kinds: str) -> None:
    """Trouble every second or so; what there is of it after the next round is due."""
    chaos.enable(stage.context, stage.app, 60, 42, kinds)
    stage.round()


def told(stage: Stage) -> list[str]:
    return [line for line in stage.lines() if line.startswith("localku[chaos]: act")]


def test_it_is_off_until_it_is_on_and_after_it_is_off(stage: Stage) -> None:
    stage.up()
    stage.round(3600)
    assert told(stage) == []
    on(stage, "restart")
    stage.round(2)
    assert len(told(stage)) == 1
    chaos.disable(stage.context, stage.app)
    stage.round(3600)
    assert len(told(stage)) == 1
    assert [line for line in stage.lines() if "chaos" in line and "act" not in line] == [
        "localku[chaos]: on: 60 a minute, seed 42, of restart",
        "localku[chaos]: off",
    ]


def test_an_unknown_kind_is_refused(stage: Stage) -> None:
    with pytest.raises(LocalkuError, match="Unknown kind of fault 'flood'"):
        chaos.enable(stage.context, stage.app, 6, 1, ("restart", "flood"))


def test_a_dyno_is_restarted(stage: Stage) -> None:
    old = stage.up()
    on(stage, "restart")
    stage.round(2)
    stage.rounds(2)
    assert told(stage) == ["localku[chaos]: act 1: restarts web.1"]
    assert "heroku[web.1]: Restarting" in stage.lines()
    assert stage.container("web.1").id != old.id
    assert stage.record().crashes == 0


def test_a_worker_is_killed_and_never_the_first_process(stage: Stage) -> None:
    stage.up().processes = PROCESSES
    on(stage, "kill-worker")
    for _ in range(20):
        stage.round(2)
    killed = {line.split()[5] for line in told(stage)}
    assert killed == {"11", "12", "13"}
    assert any(line.endswith("kills process 13 (sh) of web.1") for line in told(stage))
    assert "kill -KILL 11 in web.1" in stage.engine.done


def test_processes_are_told_apart_by_who_started_them() -> None:
    assert [one.pid for one in below_first(listed(PROCESSES.decode()))] == [11, 12, 13]
    assert below_first(listed("1 0 docker-init\n7 1 bash\n8 7 python\n")) == ()


def test_a_dyno_of_one_process_is_let_be(stage: Stage) -> None:
    stage.up().processes = b"1 0 docker-init\n7 1 bash\n8 7 python\n"
    on(stage, "kill-worker")
    stage.round(2)
    assert told(stage) == ["localku[chaos]: act 1: kill-worker, but web.1 has one process only"]


def test_a_slow_dyno_is_quick_again_after_a_while(stage: Stage) -> None:
    web = stage.up()
    on(stage, "slow")
    stage.round(2)
    assert web.cpu == 0.02
    assert told(stage)[0].startswith("localku[chaos]: act 1: leaves web.1 2% of a CPU for ")
    chaos.disable(stage.context, stage.app)
    stage.round(11)
    assert web.cpu is None


def test_a_dyno_slowed_by_a_killed_supervisor_is_quick_again(stage: Stage) -> None:
    web = stage.up()
    on(stage, "slow")
    stage.round(2)
    stage.again()
    assert web.cpu is None


def test_connections_are_dropped(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    made = credentials.at(credentials.new(stage.app.id, "essential-0", "DATABASE_URL", START), "172.18.0.1", 40000)
    addon = stage.context.store.addons.add(made)
    asked: list[object] = []

    def drop(_engine: object, *where: object) -> int:
        asked.append(where)
        return 3

    monkeypatch.setattr(superuser, "drop_connections", drop)
    monkeypatch.setattr(stage.supervisor._databases, "look", lambda **_: None)
    on(stage, "database")
    stage.round(2)
    assert asked == [(f"localku-{addon.name}", addon.database, addon.role)]
    assert told(stage) == ["localku[chaos]: act 1: drops 3 connections to the database"]


def test_what_there_is_nothing_for_is_told_all_the_same(stage: Stage) -> None:
    on(stage, "database")
    stage.round(2)
    on(stage, "slow")
    stage.round(2)
    assert told(stage) == [
        "localku[chaos]: act 1: database, but there is none",
        "localku[chaos]: act 1: slow, but no dyno is up",
    ]


def test_what_fails_ends_nothing_and_an_engine_that_is_away_is_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.up()
    on(stage, "slow")
    errors = [EngineUnavailable("gone"), LocalkuError("no cgroup for that")]

    def refuse(*_: object) -> None:
        raise errors.pop(0)

    monkeypatch.setattr(stage.engine.containers, "set_cpu", refuse)
    with pytest.raises(EngineUnavailable):
        stage.round(2)
    stage.round(2)
    assert told(stage) == ["localku[chaos]: act 2: slow did not work: no cgroup for that"]
