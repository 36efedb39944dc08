"""What is seen of a dyno before it is killed or taken away."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from support_wait import until

from localku.supervisor.dynos import kill_snapshot

if TYPE_CHECKING:
    import pytest
    from supervisor_kit import Stage

    from localku.doctor.sockets import Listening
    from localku.engine.containers import Containers

LOOPBACK = b"""\
   1: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10000        0 9002 1 0 100 0 0 10 0
process 7 gunicorn app:app
socket:[9002]
"""

DIGEST = "5f92f188dc01a629a17932d719b7065efc618e89"
TIMES = b"1999999999.5 1999999999.5"
"""After the dyno has come up."""
WALK = (
    b"f 4096 " + TIMES + b"\0/app/db.sqlite3\0\0"
    b"f 12 " + TIMES + b"\0/app/a.pyc\0\0"
    b"f 9 " + TIMES + b"\0/app/media/a b.png\0\0"
    b"f 3 9.5 9.5\0/app/VERSION\0\0"
    b"\0=\x000\0\0"
)


def test_sockets_are_seen_before_the_boot_timeout_kills(stage: Stage) -> None:
    stage.round()
    stage.container("web.1").sockets = LOOPBACK
    stage.round(after=61)
    (seen,) = stage.context.store.observations.of(stage.app)
    assert (seen.dyno, seen.kind, seen.release) == ("web.1", "sockets", 1)
    assert seen.data["port"] == stage.record().port
    assert seen.data["listening"] == [{"address": "127.0.0.1", "port": 8000, "pid": 7, "program": "gunicorn"}]


def test_files_are_seen_before_a_dyno_is_told_to_stop(stage: Stage) -> None:
    dyno = stage.up()
    dyno.walk, dyno.contents = WALK, f"{DIGEST}  /app/VERSION\0".encode()
    stage.context.store.dynos.ask_restart(stage.app)
    stage.rounds()
    stage.supervisor._parting.wait()
    farewell, files, traces = stage.context.store.observations.of(stage.app)
    assert {(seen.dyno, seen.release) for seen in (farewell, files, traces)} == {("web.1", 1)}
    assert (farewell.kind, farewell.data) == (
        "farewell",
        "web.1 wrote 2 files (4.0 KB) that a restart will discard: db.sqlite3 (database), media/a b.png (upload)",
    )
    assert (files.kind, files.data) == (
        "files",
        [["/app/db.sqlite3", "added", "database"], ["/app/media/a b.png", "added", "upload"]],
    )
    assert (traces.kind, traces.data) == ("traces", [["/app/VERSION", DIGEST, True]])


def test_a_dyno_is_told_to_stop_before_it_is_looked_at(stage: Stage) -> None:
    dyno = stage.up()
    dyno.walk = WALK
    stage.scale(web=0)
    stage.engine.containers.get = _refuse  # type: ignore[assignment]
    stage.rounds()
    assert dyno.signals == ["TERM"]
    assert stage.containers() == []


def test_one_that_cannot_be_looked_at_is_told_to_stop_all_the_same(stage: Stage) -> None:
    dyno = stage.up()
    stage.engine.containers.exec_apart = _refuse  # type: ignore[assignment]
    stage.scale(web=0)
    stage.rounds()
    assert dyno.signals == ["TERM"]
    assert stage.containers() == []


def test_a_dyno_that_wrote_nothing_leaves_no_note(stage: Stage) -> None:
    stage.up()
    stage.scale(web=0)
    stage.rounds()
    assert stage.context.store.observations.of(stage.app) == ()


def test_an_engine_that_cannot_be_asked_keeps_nobody_from_the_kill(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.round()
    dyno = stage.container("web.1")
    monkeypatch.setattr(kill_snapshot.sockets, "look", _refuse)
    stage.round(after=61)
    assert dyno.signals == ["KILL"]
    assert stage.context.store.observations.of(stage.app) == ()


def test_a_look_that_takes_its_time_puts_off_the_kill_and_holds_up_no_round(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = _slow(stage, monkeypatch)
    stage.round(after=61)
    assert (stage.container("web.1").signals, len(stage.lines())) == ([], 1)
    answers.set()
    until(lambda: stage.context.store.observations.of(stage.app) != ())
    stage.round()
    assert stage.container("web.1").signals == ["KILL"]
    assert "R10" in stage.lines()[1]


def test_a_look_that_does_not_end_is_not_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kill_snapshot, "LOOK_SECONDS", 0.0)
    answers = _slow(stage, monkeypatch)
    stage.round(after=61)
    assert stage.container("web.1").signals == ["KILL"]
    answers.set()


def _slow(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let looks into web.1, which has just been started, answer when the event is set."""
    stage.round()
    answers, look = threading.Event(), kill_snapshot.sockets.look

    def slow(containers: Containers, container: str) -> tuple[Listening, ...]:
        answers.wait(20)
        return look(containers, container)

    monkeypatch.setattr(kill_snapshot, "MOMENT", 0.0)
    monkeypatch.setattr(kill_snapshot.sockets, "look", slow)
    return answers


def _refuse(*_: object, **__: object) -> object:
    from localku.errors import LocalkuError

    raise LocalkuError("no")
