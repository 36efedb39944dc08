"""A supervisor that was killed, and an engine that goes away and comes back."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from fake_engine import LOST
from supervisor_kit import IMAGE, Stage

from localku import locks
from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable
from localku.engine.spec import ContainerSpec
from localku.errors import worded
from localku.platform.addons import provisioning
from localku.platform.releasing.release_errors import ReleaseBusy
from localku.records import App
from localku.supervisor import loop


def leave_behind(stage: Stage, dyno: str, *, start: bool = True) -> str:
    """A container of the app that no record knows."""
    marks = {**stage.context.labels(stage.app, "dyno"), "org.localku.dyno": dyno}
    marks["org.localku.type"] = dyno.partition(".")[0]
    container = stage.engine.containers.create(ContainerSpec(IMAGE, f"left-{dyno}", labels=marks))
    if start:
        stage.engine.containers.start(container)
    return container


def test_a_running_dyno_is_adopted_and_its_output_goes_on_without_a_repeat(stage: Stage) -> None:
    web = stage.up()
    web.print("before\n")
    stage.clock.later(1)
    web.print("last before\n")
    stage.supervisor._dynos["web.1"].process._pump.over.wait(0.1)  # type: ignore[union-attr]
    seen = stage.lines()
    web.cut_off()  # what a killed supervisor's own listening comes to
    stage.clock.later(1)
    web.print("while nobody listened\n")
    stage.again()
    stage.clock.later(1)
    web.print("after\n")
    web.exit(1)
    stage.round()
    assert stage.containers() == ["web.1"]
    assert [line for line in stage.lines() if line.startswith("app")] == [
        "app[web.1]: before",
        "app[web.1]: last before",
        "app[web.1]: while nobody listened",
        "app[web.1]: after",
    ]
    assert stage.lines()[: len(seen)] == seen


def test_an_adopted_dyno_stays_up_and_is_not_started_again(stage: Stage) -> None:
    web = stage.up()
    before = stage.lines()
    stage.engine.done.clear()
    stage.again()
    stage.rounds()
    assert stage.engine.done == []
    assert stage.lines() == before
    assert stage.record().container == web.id


def test_a_dyno_that_ended_meanwhile_is_a_crash_with_its_last_words(stage: Stage) -> None:
    web = stage.up()
    listening = stage.supervisor._dynos["web.1"].process._pump  # type: ignore[union-attr]
    web.cut_off()
    assert listening.over.wait(5)
    stage.clock.later(1)
    web.print("last words\n")
    web.exit(3)
    stage.again()
    stage.new_lines()
    stage.round()
    lines = stage.lines()
    assert lines.index("app[web.1]: last words") < lines.index("heroku[web.1]: Process exited with status 3")
    assert stage.record().state == "starting"


def test_a_worker_that_was_just_started_when_the_supervisor_was_killed_is_up(stage: Stage) -> None:
    stage.scale(worker=1)
    stage.round()
    stage.context.store.dynos.save(replace(stage.record("worker.1"), state="starting"))
    stage.again()
    stage.round(61)
    assert stage.record("worker.1").state == "up"
    assert not [line for line in stage.lines("worker.1") if "R10" in line]


def test_a_dyno_whose_container_is_gone_is_started_again(stage: Stage) -> None:
    web = stage.up()
    stage.engine.containers.remove(web.id)
    stage.again()
    stage.round()
    assert stage.containers() == ["web.1"]


def test_a_container_made_and_never_recorded_is_removed_and_a_running_one_told_to_stop(stage: Stage) -> None:
    web = stage.up()
    left = leave_behind(stage, "web.1", start=False)
    other = leave_behind(stage, "web.7")
    stage.again()
    assert left not in stage.engine.containers.by_id
    assert other in stage.engine.containers.by_id
    stage.rounds()
    assert {one.id for one in stage.engine.containers} == {web.id}
    assert stage.lines("web.7") == [
        "heroku[web.7]: Stopping all processes with SIGTERM",
        "heroku[web.7]: Process exited with status 143",
    ]


def test_a_container_recorded_and_never_started_is_replaced_without_a_crash(stage: Stage) -> None:
    stage.engine.lose_after = "start"
    stage.engine.on_start = lambda _container: None
    with pytest.raises(EngineUnavailable):
        stage.round()
    stage.container("web.1").status = "created"
    stage.engine.lost = False
    stage.again()
    assert stage.containers() == []
    stage.round()
    assert stage.containers() == ["web.1"]
    assert not [line for line in stage.lines() if "exited" in line or "crashed" in line]


def test_a_dyno_being_replaced_when_the_supervisor_was_killed_has_its_thirty_seconds(stage: Stage) -> None:
    old = stage.up()
    old.deaf = True
    stage.deploy()
    stage.rounds(2)
    assert stage.containers() == ["web.1", "web.1"]
    fresh = stage.record().container
    stage.again()
    stage.round(1)
    assert stage.containers() == ["web.1", "web.1"]
    assert old.signals == ["TERM", "TERM"]
    stage.round(31)
    stage.round()
    assert list(stage.engine.containers.by_id) == [fresh]


def test_what_a_dyno_printed_on_its_way_out_while_nobody_listened_is_in_the_log(stage: Stage) -> None:
    old = stage.up()
    old.deaf = True
    stage.deploy()
    stage.rounds(2)
    stage.container("web.1").print("the fresh one\n")
    old.cut_off()
    stage.clock.later(1)
    old.print("last words\n")
    old.exit(0)
    stage.again()
    stage.rounds()
    assert {"app[web.1]: the fresh one", "app[web.1]: last words"} < set(stage.lines())
    assert "heroku[web.1]: Process exited with status 0" in stage.lines()
    assert stage.containers() == ["web.1"]


def test_a_dyno_told_to_make_room_when_the_supervisor_was_killed_is_replaced_without_a_crash(stage: Stage) -> None:
    old = stage.up()
    old.deaf = True
    stage.deploy()
    stage.engine.lose_after = "create"
    with pytest.raises(EngineUnavailable):
        stage.round()
    stage.engine.lost = False
    stage.again()
    old.exit(143)
    stage.new_lines()
    stage.up()
    assert stage.new_lines() == [
        "heroku[web.1]: Process exited with status 143",
        "heroku[web.1]: Starting process with command `serve`",
        "heroku[web.1]: State changed from starting to up",
    ]


def test_one_offs_are_left_to_whoever_runs_them_and_removed_with_them(stage: Stage) -> None:
    kept, left = leave_behind(stage, "run.1234"), leave_behind(stage, "release.4321")
    folder = stage.context.store.folder(stage.app)
    with locks.held(folder / "run.1234.lock", "busy"):
        stage.again()
    assert kept in stage.engine.containers.by_id
    assert left not in stage.engine.containers.by_id


def test_containers_of_other_apps_and_other_homes_are_not_touched(stage: Stage) -> None:
    marks = {"org.localku.home": stage.context.home_id, "org.localku.role": "dyno", "org.localku.dyno": "web.1"}
    other = {**marks, "org.localku.app": "two"}
    foreign = {**marks, "org.localku.home": "elsewhere", "org.localku.app": stage.app.uuid}
    made = [stage.engine.containers.create(ContainerSpec(IMAGE, "x", labels=labels)) for labels in (other, foreign)]
    stage.again()
    assert list(stage.engine.containers.by_id) == made


def test_a_crashed_dyno_goes_on_waiting_after_a_kill(stage: Stage) -> None:
    stage.engine.on_start = lambda container: container.exit(1)
    stage.rounds(3)
    stage.again()
    stage.engine.done.clear()
    stage.round(9)
    assert stage.engine.done == []
    stage.round(1)
    assert stage.engine.done == ["create web.1", "start web.1"]


def test_adopting_again_after_the_engine_went_away_listens_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.scale(web=1, worker=1)
    web = stage.up()
    leave_behind(stage, "worker.9", start=False)
    leave_behind(stage, "worker.8")
    web.cut_off()
    remove = stage.engine.containers.remove
    failed: list[str] = []

    def fail_once(container: str) -> None:
        if not failed:
            failed.append(container)
            raise EngineUnavailable(LOST)
        remove(container)

    monkeypatch.setattr(stage.engine.containers, "remove", fail_once)
    with pytest.raises(EngineUnavailable):
        stage.again()
    adopted = stage.supervisor._dynos["web.1"].process
    stage.supervisor.adopt()
    assert stage.supervisor._dynos["web.1"].process is adopted
    assert sorted(stage.containers()) == ["web.1", "worker.1", "worker.8"]
    assert len(stage.supervisor._retiring) == 1


def run(stage: Stage) -> list[BaseException]:
    raised: list[BaseException] = []
    try:
        stage.supervisor.run()
    except EngineUnavailable as error:
        raised.append(error)
    return raised


def test_an_engine_that_comes_back_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "TICK", 0.001)
    stage.up()
    stage.engine.lost = True
    stage.container("web.1").exit(1)
    slept: list[float] = []

    def came_back() -> None:
        slept.append(stage.clock.monotonic())
        if len(slept) == 5:
            stage.engine.lost = False
            stage.supervisor.stop()

    stage.clock.on_sleep = came_back
    stage.new_lines()
    assert run(stage) == []
    found = stage.new_lines()
    assert found[0] == f"localku[supervisor]: {LOST} Waiting for it."
    assert "localku[supervisor]: The engine is back." in found
    assert len([line for line in found if "Waiting for it" in line]) == 1
    assert "heroku[web.1]: Process exited with status 1" in found


def test_an_engine_that_stays_away_ends_the_supervisor_with_what_to_do(stage: Stage) -> None:
    stage.engine.lost = True
    (error,) = run(stage)
    assert isinstance(error, EngineUnavailable)
    assert error.message == LOST
    assert "adopted by the next `localku up -a one`" in worded(error.hint)
    assert 120 < stage.clock.seconds < 125


def test_nothing_is_waited_for_when_all_that_is_wanted_is_the_end(stage: Stage) -> None:
    stage.context.store.apps.want(stage.app, "down")
    stage.engine.lost = True
    assert len(run(stage)) == 1
    assert stage.clock.seconds == 0


@pytest.mark.parametrize("moment", ["create", "start"])
def test_an_engine_lost_while_a_dyno_starts_leaves_one_container_and_few_words(stage: Stage, moment: str) -> None:
    stage.engine.lose_after = moment
    for _ in range(4):
        with pytest.raises(EngineUnavailable):
            stage.round(1)
    stage.engine.lost = False
    stage.up()
    stage.supervisor.adopt()
    starting = [line for line in stage.lines() if "Starting process" in line]
    assert len(starting) == {"create": 1, "start": 2}[moment]
    assert len([one for one in stage.engine.containers if one.running]) == 1
    assert stage.record().state == "up"


def test_an_engine_lost_while_a_dyno_is_replaced_still_stops_the_old_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = stage.up()
    stage.deploy()
    stage.engine.lose_after = "start"
    with pytest.raises(EngineUnavailable):
        stage.round()
    stage.engine.lost = False
    stage.rounds(3)
    assert old.signals == ["TERM"]
    assert [one.dyno for one in stage.engine.containers if one.running] == ["web.1"]
    assert stage.lines().count("heroku[web.1]: Stopping all processes with SIGTERM") == 1
    assert stage.lines().count("heroku[web.1]: Process exited with status 143") == 1


def test_an_engine_lost_as_the_last_dyno_ends_says_its_end_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    web = stage.up()
    web.oom_killed = True
    web.exit(137)
    remove = stage.engine.containers.remove

    def lost(_container: str) -> None:
        raise EngineUnavailable(LOST)

    monkeypatch.setattr(stage.engine.containers, "remove", lost)
    for _ in range(3):
        with pytest.raises(EngineUnavailable):
            stage.round()
    monkeypatch.setattr(stage.engine.containers, "remove", remove)
    stage.round()
    assert stage.lines().count("heroku[web.1]: Error R15 (Memory quota vastly exceeded)") == 1
    assert stage.lines().count("heroku[web.1]: Process exited with status 137") == 1


def test_a_database_that_moved_is_known_before_the_dyno_starts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[int] = []

    def move_once(_context: Context, _app: App, **_: object) -> None:
        if not moved:
            moved.append(stage.deploy().version)

    monkeypatch.setattr(provisioning, "ensure_running", move_once)
    monkeypatch.setattr(stage.supervisor._databases, "_due", float("inf"))
    stage.rounds(2)
    assert [one.spec.labels["org.localku.release"] for one in stage.engine.containers] == [str(moved[0])]


def test_no_dyno_starts_with_an_old_address_while_a_release_phase_keeps_the_new_one_from_being_released(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_context: Context, _app: App, *, patience: float, **_: object) -> None:
        assert patience == 0, "the supervisor has other things to do than to wait"
        raise ReleaseBusy("Release v4 of one is still being made; this one was not.")

    ensure_running = provisioning.ensure_running
    monkeypatch.setattr(provisioning, "ensure_running", busy)
    stage.deploy()
    stage.rounds(2)
    assert list(stage.engine.containers) == []
    monkeypatch.setattr(provisioning, "ensure_running", ensure_running)
    stage.round(after=4)
    stage.rounds(2)
    assert stage.containers() == ["web.1"]


def test_no_thread_outlives_its_container(stage: Stage) -> None:
    before = {thread for thread in threading.enumerate() if thread.name.startswith("pump-")}
    stage.scale(web=2, worker=2)
    stage.up()
    stage.deploy()
    stage.rounds(2)
    stage.context.store.apps.want(stage.app, "down")
    stage.rounds(3)
    left = [thread for thread in threading.enumerate() if thread.name.startswith("pump-") and thread not in before]
    for thread in left:
        thread.join(2)
    assert not [thread.name for thread in left if thread.is_alive()]


def test_a_release_whose_localku_was_killed_in_its_phase_has_expired_after_the_next_start(stage: Stage) -> None:
    stage.up()
    before = stage.context.store.releases.current(stage.app)
    left = stage.context.store.releases.add(stage.app, None, {}, "Deploy", "pending", stage.clock.now())
    leave_behind(stage, "release.1234")
    stage.again()
    stage.rounds()
    assert stage.context.store.releases.version(stage.app, left.version).status == "expired"
    assert stage.context.store.releases.current(stage.app) == before
    assert stage.containers() == ["web.1"]
