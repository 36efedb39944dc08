"""The logs as a process of their own: drains and the doctor's watch, as apps come and go."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest
from process_kit import Process, wait_until

from localku import locks
from localku.clock import SystemClock
from localku.logs import growth
from localku.platform import drain_couriers, drains
from localku.platform.dynos.running import supervisor_lock
from localku.server.log_readers import PLACE, LogReaders
from localku.states import ReleaseStatus, Wanted

from support.receivers import HttpReceiver  # isort: skip

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App

H12 = (
    'at=error code=H12 desc="Request timeout" method=GET path="/report" host=one.localhost request_id=a '
    'fwd="127.0.0.1" dyno=web.1 connect=0ms service=30000ms status=503 bytes=0 protocol=http'
)


@pytest.fixture
def clock() -> SystemClock:
    """The one that the process has, too: lines of the log are compared with it."""
    return SystemClock()


def made(context: Context, name: str) -> App:
    now = datetime.now(UTC)
    app = context.store.apps.create(name, None, now)
    context.store.folder(app)
    context.store.releases.add(app, None, {}, "Initial release", ReleaseStatus.SUCCEEDED, now)
    return app


def says(context: Context, app: App, *texts: str) -> None:
    for text in texts:
        context.log(app).write("app", "web.1", text)


def numbered(first: int, last: int) -> list[str]:
    return [f"line {number}" for number in range(first, last)]


def got(receiver: HttpReceiver) -> list[str]:
    return [line.removeprefix("app[web.1]: ") for line in receiver.lines]


def test_drains_of_apps_that_are_up_are_served_as_both_come_and_go(context: Context) -> None:
    one, two = made(context, "one"), made(context, "two")
    with HttpReceiver() as first, HttpReceiver() as second:
        drains.add(context, one, first.url())
        drain = drains.add(context, two, second.url())
        with Process("logs", context.home):
            says(context, one, "1")
            context.store.apps.want(one, Wanted.UP)
            first.wait(lambda it: got(it) == ["1"])
            says(context, two, "2")
            context.store.apps.want(two, Wanted.LEASED)
            second.wait(lambda it: got(it) == ["2"])
            more = drains.add(context, one, second.url())
            says(context, one, "3")
            first.wait(lambda it: got(it) == ["1", "3"])
            second.wait(lambda it: got(it) == ["2", "3"])
            drains.remove(context, one, more.id)
            wait_until(lambda: not progress(context, one, more.id))
            time.sleep(0.7)  # a courier that was looking on has looked
            says(context, one, "4")
            first.wait(lambda it: got(it)[-1] == "4")
            context.store.apps.destroy(two)
            wait_until(lambda: not progress(context, two, drain.id))
        assert got(second) == ["2", "3"]


def progress(context: Context, app: App, drain: str) -> bool:
    return (context.home / "apps" / app.uuid / "drains" / drain).exists()


def test_what_is_said_while_an_app_goes_down_is_delivered_and_what_is_said_later_by_the_next(
    context: Context,
) -> None:
    app = made(context, "one")
    with HttpReceiver() as receiver, Process("logs", context.home):
        drains.add(context, app, receiver.url())
        lock = supervisor_lock(context, app)
        with locks.held(lock, "busy"):
            context.store.apps.want(app, Wanted.UP)
            says(context, app, "up")
            receiver.wait(lambda it: got(it) == ["up"])
            context.store.apps.want(app, Wanted.DOWN)
            time.sleep(1.2)
            says(context, app, "down")
        receiver.wait(lambda it: got(it) == ["up", "down"])
        time.sleep(1.2)
        says(context, app, "later")
        time.sleep(1.2)
        assert got(receiver) == ["up", "down"]
        context.store.apps.want(app, Wanted.UP)
        receiver.wait(lambda it: got(it) == ["up", "down", "later"])


def test_an_app_that_comes_back_while_its_last_lines_are_sent_is_sent_nothing_twice(context: Context) -> None:
    app = made(context, "one")
    with socket.create_server(("127.0.0.1", 0)) as slow, HttpReceiver() as receiver:
        drains.add(context, app, f"http://127.0.0.1:{slow.getsockname()[1]}/logs")
        drains.add(context, app, receiver.url())
        with Process("logs", context.home):
            context.store.apps.want(app, Wanted.UP)
            says(context, app, "1")
            slow.settimeout(20)
            held, _ = slow.accept()
            receiver.wait(lambda it: got(it) == ["1"])
            for wanted in (Wanted.DOWN, Wanted.UP):
                context.store.apps.want(app, wanted)
                time.sleep(0.7)
            says(context, app, "2")
            slow.settimeout(1.0)
            with pytest.raises(TimeoutError):
                slow.accept()
            held.close()
            receiver.wait(lambda it: got(it) == ["1", "2"])


def test_one_that_is_killed_goes_on_where_it_stopped(context: Context) -> None:
    app = made(context, "one")
    context.store.apps.want(app, Wanted.UP)
    with HttpReceiver() as receiver:
        drain = drains.add(context, app, receiver.url())
        place = context.store.folder(app) / "drains" / drain.id
        for round_ in range(3):
            before = place.read_text()
            says(context, app, *numbered(20 * round_, 20 * round_ + 10))
            process = Process("logs", context.home)
            receiver.wait(lambda it, most=20 * round_ + 10: len(it.lines) == most)  # type: ignore[misc]
            wait_until(lambda before=before: place.read_text() not in {"", before})  # type: ignore[misc]
            time.sleep(0.3)
            process.kill()
            process.end()
            says(context, app, *numbered(20 * round_ + 10, 20 * round_ + 20))
        with Process("logs", context.home):
            receiver.wait(lambda it: len(it.lines) == 60)
        assert got(receiver) == numbered(0, 60)


@pytest.mark.parametrize("how", ["SIGTERM", "its parent is gone"])
def test_what_the_logs_hold_is_sent_before_the_end(context: Context, how: str) -> None:
    app = made(context, "one")
    context.store.apps.want(app, Wanted.UP)
    with HttpReceiver() as receiver:
        drains.add(context, app, receiver.url())
        with Process("logs", context.home) as process:
            says(context, app, "first")
            receiver.wait(lambda it: got(it) == ["first"])
            says(context, app, *numbered(0, 500))
            if how != "SIGTERM":
                process.link.shutdown(socket.SHUT_RDWR)
                assert process.wait() == 0
        assert got(receiver) == ["first", *numbered(0, 500)]


def told(context: Context, app: App) -> list[str]:
    return [line.message for line in context.log(app).history(source="localku", proc="doctor")]


def test_the_doctor_explains_what_happens_and_what_happened_while_it_was_away(context: Context) -> None:
    app, other = made(context, "one"), made(context, "two")
    for each in (app, other):
        context.store.apps.want(each, Wanted.UP)
    process = Process("logs", context.home)
    context.log(app).write("heroku", "router", H12)
    wait_until(lambda: "[#14 TIMEOUT] GET /report" in "".join(told(context, app)))
    process.kill()
    process.end()
    context.log(other).write("heroku", "router", H12)
    with Process("logs", context.home):
        wait_until(lambda: bool(told(context, other)))
        time.sleep(1.0)
    assert [len(told(context, each)) for each in (app, other)] == [1, 1]


def test_how_far_the_doctor_has_read_is_kept_until_the_app_is_down(context: Context) -> None:
    app = made(context, "one")
    context.store.apps.want(app, Wanted.UP)
    place = context.store.folder(app).joinpath(*PLACE)

    def kept() -> bool:
        says(context, app, "something")
        return place.exists()

    with Process("logs", context.home):
        wait_until(kept)
        context.store.apps.want(app, Wanted.DOWN)
        wait_until(lambda: not place.exists())


def test_what_happened_before_an_app_is_up_is_explained_to_nobody(context: Context) -> None:
    app = made(context, "one")
    context.log(app).write("heroku", "router", H12, datetime(2026, 1, 1, tzinfo=UTC))
    made(context, "two")
    with Process("logs", context.home):
        time.sleep(0.8)
        context.store.apps.want(app, Wanted.UP)
        time.sleep(1.5)
        assert told(context, app) == []
        context.log(app).write("heroku", "router", H12.replace("/report", "/other"))
        wait_until(lambda: len(told(context, app)) == 1)


def test_twenty_silent_apps_cost_a_look_at_a_file_each_and_at_the_store_once(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HttpReceiver() as receiver:
        for number in range(20):
            app = made(context, f"app{number}")
            context.store.apps.want(app, Wanted.UP)
            drains.add(context, app, receiver.url())
            says(context, app, "up")
        readers = LogReaders(context, partial(drain_couriers.couriers, context))
        readers.follow()
        assert readers.read()
        receiver.wait(lambda it: len(it.lines) == 20)
        assert not readers.read()
        threads = threading.active_count()
        stats = counted(monkeypatch, growth.os, "stat")
        lists = counted(monkeypatch, growth, "numbers")
        statements: list[str] = []
        context.store.db._connection().set_trace_callback(statements.append)
        for _ in range(3):
            readers.follow()
            assert not readers.read()
        context.store.db._connection().set_trace_callback(None)
        assert (len(stats), len(lists), len(statements)) == (60, 0, 3)
        assert threading.active_count() == threads
        readers.close()


def counted(monkeypatch: pytest.MonkeyPatch, where: object, name: str) -> list[int]:
    calls: list[int] = []
    real: Callable[..., object] = getattr(where, name)

    def count(*arguments: object) -> object:
        calls.append(1)
        return real(*arguments)

    monkeypatch.setattr(where, name, count)
    return calls
