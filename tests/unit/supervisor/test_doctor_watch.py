"""The reason that comes into the log beside a failure."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.logs.progress import Progress
from localku.platform.diagnosis import gather_running
from localku.records import Observation
from localku.supervisor import doctor_watch
from localku.supervisor.doctor_watch import DoctorWatch, tells_of_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from supervisor_kit import Stage

    from localku.context import Context
    from localku.doctor.evidence import Evidence
    from localku.logs.cursor import Position
    from localku.records import App

H12 = (
    'at=error code=H12 desc="Request timeout" method=GET path="/report" host=one.localhost request_id=a '
    'fwd="127.0.0.1" dyno=web.1 connect=0ms service=30000ms status=503 bytes=0 protocol=http'
)


def looks_at(stage: Stage) -> Callable[[], tuple[Evidence, ...]]:
    return partial(gather_running, stage.context, stage.app)


def doctor(stage: Stage) -> DoctorWatch:
    return DoctorWatch(stage.context, stage.app, looks_at(stage))


@contextmanager
def watching(context: Context, app: App, gather: Callable[[], tuple[Evidence, ...]]) -> Iterator[None]:
    """Step on in a thread, as the server's process of the logs does for an app that is up."""
    watch, stop = DoctorWatch(context, app, gather), threading.Event()

    def go_on() -> None:
        while not stop.wait(0.01):
            watch.step()

    thread = threading.Thread(target=go_on, name="doctor")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        watch.close()


def said(stage: Stage) -> list[str]:
    return [line.message for line in stage.context.log(stage.app).history(source="localku", proc="doctor")]


def test_a_boot_timeout_is_explained_beside_it(stage: Stage) -> None:
    watch = doctor(stage)
    stage.round()
    stage.container(
        "web.1"
    ).sockets = (
        b"1: 0100007F:1F40 00000000:0000 0A 0:0 00:0 0 10000 0 9002 1\nprocess 7 gunicorn app:app\nsocket:[9002]\n"
    )
    stage.round(after=61)
    assert watch.examine()
    (line,) = said(stage)
    port = stage.context.store.observations.of(stage.app)[0].data["port"]
    assert line.startswith(
        f"[#1 PORT] web.1 was started with PORT={port} and listens on 127.0.0.1:8000 (pid 7, gunicorn)"
    )


def test_a_cause_is_told_once_per_release(stage: Stage) -> None:
    watch = doctor(stage)
    for _ in range(3):
        stage.context.log(stage.app).write("heroku", "router", H12)
        watch.examine()
    assert len(said(stage)) == 1
    assert doctor(stage).examine() is False  # a localku that was started again knows it too
    stage.clock.later(60)
    stage.deploy()
    stage.context.log(stage.app).write("heroku", "router", H12.replace("/report", "/other"))
    assert watch.examine()
    assert len(said(stage)) == 2


def test_what_one_look_leaves_out_the_next_one_tells(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_watch, "MOST", 1)
    watch = doctor(stage)
    stage.context.log(stage.app).write("app", "web.1", 'psycopg.errors.UndefinedTable: relation "book" does not exist')
    stage.context.log(stage.app).write("heroku", "router", H12)
    assert [watch.examine() for _ in range(3)] == [True, True, False]
    assert sorted(line.partition("]")[0] for line in said(stage)) == ["[#12 MIGRATIONS", "[#14 TIMEOUT"]


def test_what_one_look_leaves_out_comes_without_another_failure(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MOST", 1), ("POLL", 0.0), ("FIRST_PAUSE", 0.0)):
        monkeypatch.setattr(doctor_watch, name, value)
    watch = doctor(stage)
    stage.context.log(stage.app).write("app", "web.1", 'psycopg.errors.UndefinedTable: relation "book" does not exist')
    stage.context.log(stage.app).write("heroku", "router", H12)
    watch.step()
    assert (len(said(stage)), watch.troubled) == (1, True)
    watch.step()
    watch.step()
    assert (len(said(stage)), watch.troubled) == (2, False)


def resumed(stage: Stage) -> DoctorWatch:
    """As after a restart of the server: lines of the last two minutes count where no place was kept."""
    since = stage.clock.now() - timedelta(seconds=120)
    return DoctorWatch(
        stage.context, stage.app, looks_at(stage), since, Progress(stage.context.home / "doctor", "place")
    )


def test_it_goes_on_where_one_before_it_has_stopped_however_long_ago(stage: Stage) -> None:
    log = stage.context.log(stage.app)
    first = resumed(stage)
    log.write("app", "web.1", "nothing of note", stage.clock.now())
    first.step()
    first.close()
    log.write("heroku", "router", H12, stage.clock.now())
    stage.clock.later(600)
    second = resumed(stage)
    second.step()
    assert second.troubled
    third = resumed(stage)  # the second was killed before it had looked
    third.step()
    assert third.troubled
    third.forget()
    anew = resumed(stage)
    anew.step()
    assert not anew.troubled


def test_a_place_is_kept_while_it_reads_but_not_at_each_line(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Position] = []
    monkeypatch.setattr(Progress, "save", lambda _, place: kept.append(place))
    watch = resumed(stage)
    for number in range(5):
        stage.context.log(stage.app).write("app", "web.1", f"line {number}")
        watch.step()
    assert len(kept) == 1
    monkeypatch.setattr(doctor_watch, "SAVE_EVERY", 0)
    watch.step()
    assert kept[-1] == stage.context.log(stage.app).end()
    watch.close()


def test_what_only_stands_in_the_source_is_not_told(stage: Stage) -> None:
    stage.deploy({"web": "serve", "worker": "work"})  # worker runs no dyno: cause 20
    assert doctor(stage).examine() is False
    assert said(stage) == []


def test_the_thread_sees_trouble_by_itself(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_watch, "POLL", 0.01)
    with watching(stage.context, stage.app, looks_at(stage)):
        stage.context.log(stage.app).write("heroku", "router", H12)
        deadline = time.monotonic() + 10
        while not said(stage) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert "[#14 TIMEOUT] GET /report" in said(stage)[0]


def test_a_new_release_ends_the_pause_that_the_old_one_made_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_watch, "POLL", 0.01)
    monkeypatch.setattr(doctor_watch, "FIRST_PAUSE", 600.0)
    looks: list[int] = []
    monkeypatch.setattr(DoctorWatch, "examine", lambda _self: bool(looks.append(1)))

    def looked(times: int) -> bool:
        stage.context.log(stage.app).write("heroku", "router", H12)
        deadline = time.monotonic() + 2
        while len(looks) < times and time.monotonic() < deadline:
            time.sleep(0.01)
        return len(looks) == times

    with watching(stage.context, stage.app, looks_at(stage)):
        assert looked(1)
        assert not looked(2)
        stage.deploy()
        assert looked(2)


def test_a_store_that_cannot_be_read_ends_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_watch, "POLL", 0.01)
    tried = threading.Event()

    def fail(_self: DoctorWatch) -> bool:
        tried.set()
        raise LocalkuError("The disk is full.")

    monkeypatch.setattr(DoctorWatch, "examine", fail)
    with watching(stage.context, stage.app, looks_at(stage)):
        stage.context.log(stage.app).write("heroku", "router", H12)
        assert tried.wait(10)
        assert "doctor" in {thread.name for thread in threading.enumerate()}


def test_what_is_seen_of_a_dyno_after_it_has_ended_is_explained_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_watch, "POLL", 0.0)
    monkeypatch.setattr(doctor_watch, "FIRST_PAUSE", 0.0)
    watch, number = doctor(stage), stage.context.store.changes.number(stage.app)
    stage.context.log(stage.app).write("heroku", "web.1", "Process exited with status 143")
    watch.step()
    assert (said(stage), watch.troubled) == ([], False)
    watch._next_look = time.monotonic() + 600  # after many looks that found nothing
    files = [["/app/media/cat.png", "added", "upload"]]
    seen = Observation(stage.app.id, "web.1", "files", 1, files, stage.context.clock.now())
    stage.context.store.observations.keep(seen)
    assert stage.context.store.changes.number(stage.app) > number
    watch.app_has_changed()
    watch.step()
    assert said(stage)[0].startswith("[#6 EPHEMERAL FILES] web.1 wrote media/cat.png (upload), and they are gone")
    watch.app_has_changed()
    watch.step()
    assert not watch.troubled, "there is nothing new"


def test_what_cannot_be_looked_at_now_is_looked_at_again_without_another_failure(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_watch, "POLL", 0.0)
    monkeypatch.setattr(doctor_watch, "FIRST_PAUSE", 0.0)
    gathered = iter((LocalkuError("database is locked"), None))

    def busy_at_first() -> tuple[Evidence, ...]:
        if (error := next(gathered)) is not None:
            raise error
        return looks_at(stage)()

    watch = DoctorWatch(stage.context, stage.app, busy_at_first)
    stage.context.log(stage.app).write("heroku", "router", H12)
    watch.step()
    assert (said(stage), watch.troubled) == ([], True)
    watch.step()
    assert said(stage)[0].startswith("[#14 TIMEOUT]")
    assert not watch.troubled


def test_a_defect_of_the_doctor_is_told_once_and_is_not_its_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_watch, "POLL", 0.01)
    monkeypatch.setattr(doctor_watch, "LONGEST_PAUSE", 0.01)
    looks: list[int] = []

    def fail(_self: DoctorWatch) -> bool:
        looks.append(1)
        return bool(1 // 0)

    monkeypatch.setattr(DoctorWatch, "examine", fail)
    with watching(stage.context, stage.app, looks_at(stage)):
        deadline = time.monotonic() + 10
        while len(looks) < 3 and time.monotonic() < deadline:
            stage.context.log(stage.app).write("heroku", "router", H12)
            time.sleep(0.01)
    assert len(looks) >= 3
    (told,) = said(stage)
    assert told.startswith("cannot look for causes because of a bug in localku: ZeroDivisionError")


@pytest.mark.parametrize(
    "line",
    [
        "heroku[web.1]: State changed from starting to crashed",
        "heroku[web.1]: Error R14 (Memory quota exceeded)",
        "heroku[worker.2]: Process exited with status 143",
        f"heroku[router]: {H12}",
        "heroku[router]: at=info method=GET status=400 bytes=3",
        "heroku[router]: at=info method=GET service=12345ms status=200 bytes=3",
        "app[web.1]: Invalid HTTP_HOST header: 'a'.",
    ],
)
def test_lines_that_make_the_doctor_look(line: str) -> None:
    assert tells_of_trouble(f"2024-06-05T11:12:35.000000+00:00 {line}".encode())


@pytest.mark.parametrize(
    "line",
    [
        "heroku[web.1]: State changed from starting to up",
        "heroku[router]: at=info method=GET service=1234ms status=200 bytes=3",
        "heroku[router]: at=info method=GET service=1ms status=404 bytes=3",
        "app[web.1]: State changed from starting to crashed",
        "app[web.1]: 2024-06-05T11:12:35.000000+00:00 heroku[router]: at=info method=GET status=500",
        'heroku[router]: at=info method=GET path="/?a=\\" status=500 " status=200 bytes=3',
    ],
)
def test_lines_that_do_not(line: str) -> None:
    assert not tells_of_trouble(f"2024-06-05T11:12:35.000000+00:00 {line}".encode())
