"""What happens to dynos, and every line their log says about it, to the letter and in order."""

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from supervisor_kit import IMAGE, Stage

from localku.dyno import dyno_spec
from localku.engine.spec import ContainerSpec
from localku.errors import LocalkuError
from localku.records import EVERY_DYNO
from localku.supervisor.dynos.retiring import AT_ONCE

STARTED = ["heroku[web.1]: Starting process with command `serve`", "heroku[web.1]: State changed from starting to up"]


def test_a_web_dyno_is_up_when_its_port_accepts_and_not_before(stage: Stage) -> None:
    stage.rounds()
    assert stage.lines() == STARTED[:1]
    assert stage.record().state == "starting"
    stage.container("web.1").listening = True
    stage.rounds()
    assert stage.lines() == STARTED
    found = stage.container("web.1").seen().published[_asked(stage)]
    assert (stage.record().state, (stage.record().host, stage.record().port)) == ("up", found)


def _asked(stage: Stage) -> int:
    return int(stage.container("web.1").spec.environment["PORT"])


def test_a_worker_is_up_at_once(stage: Stage) -> None:
    stage.scale(web=0, worker=1)
    stage.round()
    assert stage.lines() == [
        "heroku[worker.1]: Starting process with command `work`",
        "heroku[worker.1]: State changed from starting to up",
    ]


def test_the_port_is_written_into_the_command_and_nothing_else(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dyno_spec, "random_port", lambda: 17517)
    stage.deploy({"web": "serve -p $PORT --also ${PORT} --key $KEY"})
    stage.round()
    assert stage.lines() == [
        "heroku[web.1]: Starting process with command `serve -p 17517 --also 17517 --key $KEY`",
    ]


def test_output_is_logged_with_the_engines_times_and_a_last_line_without_an_end(stage: Stage) -> None:
    web = stage.up()
    web.print("one\r\n\ntwo")
    web.exit(1)
    stage.round(60)
    found = [line for line in stage.context.log(stage.app).history() if line.source == "app"]
    assert [line.message for line in found] == ["one", "", "two"]
    assert found[0].time == stage.clock.now() - timedelta(seconds=60)
    assert stage.lines().index("app[web.1]: two") < stage.lines().index("heroku[web.1]: Process exited with status 1")


@pytest.mark.parametrize("status", [0, 1, 127])
def test_any_end_is_a_crash_and_the_first_retry_is_immediate(stage: Stage, status: int) -> None:
    stage.up().exit(status)
    stage.new_lines()
    stage.round()
    assert stage.new_lines() == [
        f"heroku[web.1]: Process exited with status {status}",
        "heroku[web.1]: State changed from up to crashed",
        "heroku[web.1]: State changed from crashed to starting",
        "heroku[web.1]: Starting process with command `serve`",
    ]
    assert stage.containers() == ["web.1"]


def test_requests_are_held_between_a_crash_and_its_immediate_retry(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.up().exit(1)
    monkeypatch.setattr(stage.supervisor, "_keep", lambda *_: None)
    stage.round()
    assert (stage.record().state, stage.record().host, stage.record().crashes) == ("starting", None, 1)


def test_crashes_in_a_row_wait_10_20_40_seconds_and_never_more_than_320(stage: Stage) -> None:
    stage.engine.on_start = lambda container: container.exit(1)
    stage.rounds(2)
    waits = []
    for _ in range(8):
        stage.round()
        waits.append(stage.wait())
        stage.round(waits[-1].total_seconds() if waits[-1] else 0)
    assert [int(wait.total_seconds()) if wait else None for wait in waits] == [10, 20, 40, 80, 160, 320, 320, 320]
    assert [line for line in stage.lines() if "next attempt" in line][:2] == [
        "localku[web.1]: next attempt in 10 s (crashed 2 times)",
        "localku[web.1]: next attempt in 20 s (crashed 3 times)",
    ]


def test_nothing_is_tried_before_the_wait_is_over(stage: Stage) -> None:
    stage.engine.on_start = lambda container: container.exit(1)
    stage.rounds(3)
    assert stage.record().state == "crashed"
    stage.engine.done.clear()
    stage.round(9.9)
    assert stage.engine.done == []
    stage.round(0.2)
    assert stage.engine.done == ["create web.1", "start web.1"]


def test_a_dyno_that_was_up_for_ten_minutes_is_tried_at_once_again(stage: Stage) -> None:
    stage.up().exit(1)
    stage.up()
    assert stage.record().crashes == 1
    stage.clock.later(601)
    stage.container("web.1").exit(1)
    stage.round()
    assert (stage.record().crashes, stage.record().state) == (1, "starting")


def test_a_new_release_begins_to_count_anew(stage: Stage) -> None:
    stage.engine.on_start = lambda container: container.exit(1)
    for _ in range(8):
        stage.round(400)
    assert stage.record().crashes > 3
    stage.deploy()
    stage.round()
    assert (stage.record().state, stage.record().crashes) == ("starting", 0)
    stage.round()
    assert stage.record().crashes == 1


def test_r10_after_60_seconds_then_killed_and_crashed(stage: Stage) -> None:
    stage.round()
    stage.round(60)
    assert stage.lines() == STARTED[:1]
    stage.round(0.1)
    stage.rounds(1)
    assert stage.lines()[1:] == [
        "heroku[web.1]: Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 60 seconds of launch",
        "heroku[web.1]: Stopping process with SIGKILL",
        "heroku[web.1]: Process exited with status 137",
        "heroku[web.1]: State changed from starting to crashed",
        "heroku[web.1]: State changed from crashed to starting",
        "heroku[web.1]: Starting process with command `serve`",
    ]


def test_r10_is_said_once_however_long_the_kill_takes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.round()
    slow = stage.container("web.1")
    monkeypatch.setattr(slow, "signal", slow.signals.append)
    for _ in range(5):
        stage.round(61)
    assert slow.signals == ["KILL"]
    assert len(stage.lines()) == 3


def test_a_worker_has_no_boot_timeout(stage: Stage) -> None:
    stage.scale(web=0, worker=1)
    stage.round()
    stage.round(3600)
    assert stage.record("worker.1").state == "up"


def test_memory_that_ran_out_is_r15(stage: Stage) -> None:
    web = stage.up()
    web.oom_killed = True
    web.exit(137)
    stage.new_lines()
    stage.round()
    assert stage.new_lines()[:5] == [
        "heroku[web.1]: Process running mem=1024M(200.0%)",
        "heroku[web.1]: Error R15 (Memory quota vastly exceeded)",
        "heroku[web.1]: Stopping process with SIGKILL",
        "heroku[web.1]: Process exited with status 137",
        "heroku[web.1]: State changed from up to crashed",
    ]


def test_a_new_release_restarts_the_dyno(stage: Stage) -> None:
    stage.up()
    stage.engine.done.clear()
    stage.new_lines()
    release = stage.deploy()
    stage.rounds(2)
    assert stage.new_lines() == [
        "heroku[web.1]: Restarting",
        "heroku[web.1]: State changed from up to starting",
        "heroku[web.1]: Stopping all processes with SIGTERM",
        "heroku[web.1]: Starting process with command `serve`",
        "heroku[web.1]: Process exited with status 143",
    ]
    assert sorted(stage.engine.done[:2]) == ["TERM web.1", "create web.1"]
    assert stage.engine.done[2:] == ["start web.1", "remove web.1"]
    assert stage.record().release == release.version
    assert stage.container("web.1").spec.labels["org.localku.release"] == str(release.version)


def test_the_old_dyno_is_told_while_the_fresh_ones_container_is_made_and_before_it_starts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the two has to see the other begin."""
    old, together = stage.up(), threading.Barrier(2, timeout=20)
    create, tell = stage.engine.containers.create, stage.engine.containers.exec_apart

    def made(spec: ContainerSpec) -> str:
        together.wait()
        return create(spec)

    def told(container: str, command: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        together.wait()
        time.sleep(0.05)
        return tell(container, command)

    monkeypatch.setattr(stage.engine.containers, "create", made)
    monkeypatch.setattr(stage.engine.containers, "exec_apart", told)
    stage.engine.on_start = lambda _container: signals.append(list(old.signals))
    signals: list[list[str]] = []
    stage.deploy()
    stage.round()
    assert signals == [["TERM"]]
    assert stage.record().state == "starting"


def test_a_large_formation_is_replaced_a_few_at_a_time(stage: Stage) -> None:
    """The others serve until it is their turn."""
    stage.scale("standard-1x", web=10)
    stage.rounds(3)
    for container in stage.engine.containers:
        container.listening = container.deaf = True
    stage.round()
    stage.deploy()
    stage.round()
    assert sum(one.state == "up" for one in stage.context.store.dynos.of(stage.app.id)) == 10 - AT_ONCE
    stage.round()
    assert sum(one.state == "up" for one in stage.context.store.dynos.of(stage.app.id)) == 0


def test_the_fresh_dyno_does_not_wait_for_the_end_of_the_old_one(stage: Stage) -> None:
    old = stage.up()
    old.deaf = True
    stage.deploy()
    stage.rounds(2)
    assert (stage.record().host, stage.record().state) == (None, "starting")
    assert stage.containers() == ["web.1", "web.1"]
    fresh = stage.up()
    assert stage.record().state == "up"
    assert [one.id for one in stage.engine.containers if one.running] == [old.id, fresh.id]


def test_what_the_old_process_says_while_it_stops_is_logged(stage: Stage) -> None:
    old = stage.up()
    old.deaf = True
    stage.deploy()
    stage.rounds(2)
    old.print("Shutting down gracefully\n")
    old.exit(0)
    stage.round()
    assert stage.lines()[-2:] == ["app[web.1]: Shutting down gracefully", "heroku[web.1]: Process exited with status 0"]


def test_a_release_whose_phase_has_not_succeeded_changes_nothing(stage: Stage) -> None:
    stage.up()
    before = stage.lines()
    current = stage.context.store.releases.current(stage.app)
    assert current is not None
    for status in ("pending", "failed"):
        stage.context.store.releases.add(stage.app, None, {}, "Set A", status, stage.clock.now())
        stage.rounds()
    assert stage.lines() == before
    assert stage.record().release == current.version


def test_scaling_up_and_down(stage: Stage) -> None:
    stage.up()
    stage.scale(web=3, worker=1)
    stage.round()
    assert stage.containers() == ["web.1", "web.2", "web.3", "worker.1"]
    stage.new_lines()
    stage.scale(web=1, worker=0)
    stage.rounds(2)
    assert stage.containers() == ["web.1"]
    assert stage.new_lines("worker.1") == []
    assert stage.lines("worker.1")[2:] == [
        "heroku[worker.1]: State changed from up to down",
        "heroku[worker.1]: Stopping all processes with SIGTERM",
        "heroku[worker.1]: Process exited with status 143",
    ]
    assert [record.name for record in stage.context.store.dynos.of(stage.app.id)] == ["web.1"]


def test_another_size_replaces_the_dyno(stage: Stage) -> None:
    from localku.records import FormationEntry

    stage.up()
    stage.context.store.apps.scale(stage.app, (FormationEntry("web", 1, "standard-2x"),))
    stage.rounds(2)
    assert stage.container("web.1").spec.limits.nproc == 512
    assert "heroku[web.1]: Restarting" in stage.lines()


def test_a_process_type_that_a_release_no_longer_has_goes_down(stage: Stage) -> None:
    stage.scale(web=1, worker=1)
    stage.up()
    stage.deploy({"web": "serve"})
    stage.rounds(2)
    assert stage.containers() == ["web.1"]


def test_a_restart_of_one_dyno_leaves_the_others(stage: Stage) -> None:
    stage.scale(web=2)
    stage.round()
    one, two = stage.container("web.1").id, stage.container("web.2").id
    stage.context.store.dynos.ask_restart(stage.app, "web.2")
    stage.rounds(2)
    assert stage.container("web.1").id == one
    assert stage.container("web.2").id != two
    stage.context.store.dynos.ask_restart(stage.app, EVERY_DYNO)
    stage.rounds(2)
    assert stage.container("web.1").id != one


def test_a_restart_does_not_wait_for_a_crashed_dynos_time(stage: Stage) -> None:
    stage.engine.on_start = lambda container: container.exit(1)
    stage.rounds(3)
    assert stage.wait()
    stage.engine.on_start = lambda _container: None
    stage.context.store.dynos.ask_restart(stage.app, "web.1")
    stage.round()
    assert stage.record().state == "starting"


def test_one_dynos_crash_leaves_the_others_alone(stage: Stage) -> None:
    stage.scale(web=1, worker=2)
    stage.up()
    others = [stage.container(name).id for name in ("web.1", "worker.2")]
    stage.container("worker.1").exit(1)
    stage.rounds(2)
    assert [stage.container(name).id for name in ("web.1", "worker.2")] == others
    assert stage.record("worker.1").crashes == 1


def test_stopping_is_sigterm_then_the_exit(stage: Stage) -> None:
    stage.up()
    stage.new_lines()
    stage.context.store.apps.want(stage.app, "down")
    assert not stage.round()
    assert stage.round()
    assert stage.new_lines() == [
        "heroku[web.1]: State changed from up to down",
        "heroku[web.1]: Stopping all processes with SIGTERM",
        "heroku[web.1]: Process exited with status 143",
    ]
    assert stage.containers() == []


def test_r12_after_30_seconds_then_sigkill_once(stage: Stage) -> None:
    stage.up().deaf = True
    stage.new_lines()
    stage.context.store.apps.want(stage.app, "down")
    stage.round()
    assert not stage.round(30)
    assert not stage.round(0.1)
    assert stage.round()
    assert stage.new_lines()[2:] == [
        "heroku[web.1]: Error R12 (Exit timeout) -> Process failed to exit within 30 seconds of SIGTERM",
        "heroku[web.1]: Stopping process with SIGKILL",
        "heroku[web.1]: Process exited with status 137",
    ]


def test_a_crashed_dyno_goes_down_without_a_word(stage: Stage) -> None:
    stage.engine.on_start = lambda container: container.exit(1)
    stage.rounds(3)
    stage.new_lines()
    stage.context.store.apps.want(stage.app, "down")
    assert stage.round()
    assert stage.new_lines() == []
    assert stage.context.store.dynos.of(stage.app.id) == ()


def test_stop_ends_all_whatever_is_wanted(stage: Stage) -> None:
    stage.up()
    stage.supervisor.stop()
    stage.round()
    assert stage.round()
    assert stage.context.store.apps.by_id(stage.app.id).wanted == "up"


def test_an_image_that_is_gone_is_told_and_counts_as_a_crash(stage: Stage) -> None:
    stage.engine.images.tags.clear()
    stage.rounds(2)
    reason = [
        f"localku[web.1]: The image {IMAGE} is gone from the engine; the rest of one is intact.",
        "localku[web.1]: `localku build` creates it again.",
    ]
    assert stage.lines() == [
        "heroku[web.1]: Starting process with command `serve`",
        *reason,
        "heroku[web.1]: State changed from starting to crashed",
        "heroku[web.1]: State changed from crashed to starting",
        "heroku[web.1]: Starting process with command `serve`",
        *reason,
        "heroku[web.1]: State changed from starting to crashed",
        "localku[web.1]: next attempt in 10 s (crashed 2 times)",
    ]
    stage.engine.images.tags.add(IMAGE)
    stage.round(10)
    assert stage.record().state == "starting"


def test_a_container_that_cannot_start_is_told_taken_away_and_counts_as_a_crash(stage: Stage) -> None:
    def port_taken(_container: object) -> None:
        raise LocalkuError("Could not start the container: the engine says: port is already allocated")

    stage.scale(web=1, worker=1)
    stage.engine.on_start = lambda container: port_taken(container) if container.dyno == "web.1" else None
    stage.rounds(3)
    assert "localku[web.1]: Could not start the container: the engine says: port is already allocated" in stage.lines()
    assert stage.containers() == ["worker.1"]
    assert (stage.record().state, stage.record().crashes, stage.record().container) == ("crashed", 2, None)
    assert stage.record().exit_status == 127
    assert stage.record("worker.1").state == "up"


def test_output_that_breaks_off_is_followed_on_where_it_broke(stage: Stage) -> None:
    web = stage.up()
    web.print("before\n")
    web.cut_off()
    stage.clock.later(1)
    web.print("in between\n")
    stage.round()
    web.print("after\n")
    web.exit(1)
    stage.round()
    assert [line for line in stage.lines() if line.startswith("app")] == [
        "app[web.1]: before",
        "app[web.1]: in between",
        "app[web.1]: after",
    ]


def test_a_container_somebody_removed_is_a_crash(stage: Stage) -> None:
    web = stage.up()
    stage.engine.containers.remove(web.id)
    stage.new_lines()
    stage.round()
    assert stage.new_lines()[:2] == [
        "heroku[web.1]: Process exited with status 137",
        "heroku[web.1]: State changed from up to crashed",
    ]


def test_a_dyno_that_ended_in_time_is_not_r12_because_another_took_long(stage: Stage) -> None:
    stage.scale(web=1, worker=1)
    stage.up().deaf = True
    stage.context.store.apps.want(stage.app, "down")
    stage.round()
    slow = stage.engine.containers.remove

    def remove(container: str) -> None:
        stage.clock.later(60)
        stage.container("web.1").exit(0)
        stage._settle()
        slow(container)

    stage.engine.containers.remove = remove  # type: ignore[method-assign]
    stage.round()
    stage.engine.containers.remove = slow  # type: ignore[method-assign]
    stage.round()
    assert not [line for line in stage.lines() if "Error R12" in line]
    assert stage.lines()[-1] == "heroku[web.1]: Process exited with status 0"


def test_a_dyno_that_stays_is_killed_though_its_output_broke_off(stage: Stage) -> None:
    web = stage.up()
    web.deaf = True
    stage.context.store.apps.want(stage.app, "down")
    stage.round()
    web.cut_off()
    stage.round(20)
    stage.round(11)
    assert web.signals == ["TERM", "KILL"]
    assert [line for line in stage.lines() if "Error R12" in line]
