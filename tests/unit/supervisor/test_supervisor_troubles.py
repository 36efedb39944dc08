"""What the doctor gathers of dynos that do not stay up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.platform.diagnosis import gather

if TYPE_CHECKING:
    from supervisor_kit import Stage


def crashing(stage: Stage) -> frozenset[str]:
    return gather(stage.context, stage.app, live=False).crashing


def test_a_dyno_crashes_until_it_has_stayed_up(stage: Stage) -> None:
    web = stage.up()
    assert crashing(stage) == frozenset()
    web.exit(1)
    stage.rounds()
    assert crashing(stage) == {"web.1"}, "it is started again at once"
    stage.up()
    assert crashing(stage) == {"web.1"}
    stage.round(after=61)
    assert crashing(stage) == frozenset()


def test_a_new_release_begins_anew(stage: Stage) -> None:
    stage.scale(web=0, worker=1)
    for _ in range(2):
        stage.round()
        stage.container("worker.1").exit(1)
    stage.round()
    assert stage.record("worker.1").state == "crashed"
    assert crashing(stage) == {"worker.1"}
    stage.deploy()
    assert crashing(stage) == frozenset()


def test_a_dyno_that_boots_may_listen_nowhere_yet(stage: Stage) -> None:
    stage.round()
    assert gather(stage.context, stage.app).listened == ()
    stage.round(after=31)
    (seen,) = gather(stage.context, stage.app).listened
    assert (seen.dyno, seen.sockets) == ("web.1", ())
