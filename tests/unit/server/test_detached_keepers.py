"""Detached one-off dynos in the care of the server's control process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from verbs_kit import deploy, lines

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.dynos import oneoff, oneoff_runners
from localku.records import App
from localku.server.apps import backoff, detached_keepers
from localku.server.apps.detached_keepers import DetachedKeepers

if TYPE_CHECKING:
    from fake_engine import FakeContainer, FakeEngine


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def keepers(context: Context, monkeypatch: pytest.MonkeyPatch) -> DetachedKeepers:
    monkeypatch.setattr(backoff, "FIRST", 0.02)
    return DetachedKeepers(context)


@pytest.fixture
def kept(context: Context, keepers: DetachedKeepers) -> Context:
    """What control's verbs are given."""
    return replace(context, keep_detached=lambda _context: keepers.look())


def detached(context: Context, app: App, command: str = "work") -> str:
    release = context.store.releases.current(app)
    if release is None or release.slug_id is None:
        release = deploy(context, app)
    wish = oneoff.order("run", command, release, context.store.releases.slug(release.slug_id or 0))
    oneoff.detach(context, app, wish)
    return wish.name


def container(engine: FakeEngine, dyno: str) -> FakeContainer:
    return next(one for one in engine.containers if one.dyno == dyno)


def test_a_dyno_is_kept_to_its_end(kept: Context, engine: FakeEngine, app: App, keepers: DetachedKeepers) -> None:
    name = detached(kept, app)
    until(lambda: container(engine, name).running)
    container(engine, name).print("one\n")
    until(lambda: f"app[{name}]: one" in lines(kept, app))
    keepers.look()
    keepers.look()
    assert keepers.is_busy
    container(engine, name).exit(3)
    until(lambda: not keepers.is_busy)
    assert lines(kept, app)[-2:] == [
        f"heroku[{name}]: Process exited with status 3",
        f"heroku[{name}]: State changed from up to complete",
    ]
    assert (kept.store.oneoffs.of(app), list(engine.containers)) == ((), [])


def test_one_that_is_wanted_down_is_stopped_at_the_next_look(
    kept: Context, engine: FakeEngine, app: App, keepers: DetachedKeepers
) -> None:
    name = detached(kept, app)
    until(lambda: container(engine, name).running)
    oneoff_runners.stop(kept, app, name)
    keepers.look()
    until(lambda: not keepers.is_busy)
    assert f"heroku[{name}]: Process exited with status 143" in lines(kept, app)


def test_all_are_stopped_and_waited_for(kept: Context, engine: FakeEngine, app: App, keepers: DetachedKeepers) -> None:
    names = [detached(kept, app) for _ in range(3)]
    until(lambda: all(container(engine, name).running for name in names))

    def slept() -> None:
        keepers.look()
        time.sleep(0.01)

    engine.clock.on_sleep = slept
    keepers.stop_all()
    assert kept.store.oneoffs.of(app) == ()


def test_a_dyno_that_another_process_keeps_is_taken_over_when_that_ends(
    context: Context, engine: FakeEngine, app: App, keepers: DetachedKeepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = detached(context, app)
    with oneoff_runners.held(context, app, name):
        keepers.look()
        time.sleep(0.2)
        assert container(engine, name).status == "created"
    until(lambda: container(engine, name).running)
    container(engine, name).exit(0)
    until(lambda: not keepers.is_busy)


def test_those_of_a_killed_server_are_adopted_and_no_line_is_lost_or_doubled(
    context: Context, engine: FakeEngine, app: App, keepers: DetachedKeepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = detached(context, app)
    engine.containers.start(container(engine, name).id)
    for number in range(3):
        container(engine, name).print(f"{number}\n")
    keepers.look()
    until(lambda: f"app[{name}]: 2" in lines(context, app))
    container(engine, name).exit(0)
    until(lambda: not keepers.is_busy)
    assert [line for line in lines(context, app) if line.startswith("app[run")] == [
        f"app[{name}]: {number}" for number in range(3)
    ]


def test_an_engine_that_is_away_is_waited_for(
    kept: Context, engine: FakeEngine, app: App, keepers: DetachedKeepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "LONGEST", 0.02)
    name = detached(kept, app)
    engine.lost = True
    keepers.look()
    time.sleep(0.2)
    assert keepers.is_busy
    engine.lost = False
    until(lambda: container(engine, name).running)
    container(engine, name).exit(0)
    until(lambda: not keepers.is_busy)


def test_a_fault_is_logged_and_tried_again(
    kept: Context,
    engine: FakeEngine,
    app: App,
    keepers: DetachedKeepers,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = iter([RuntimeError("a bug"), LocalkuError("The disk is full.")])
    kept_well = threading.Event()

    def keep(context: Context, app: App, name: str, _woken: threading.Event) -> None:
        for fault in faults:
            raise fault
        context.store.oneoffs.forget(app, name)
        kept_well.set()

    monkeypatch.setattr(detached_keepers, "keep", keep)
    name = detached(kept, app)
    assert kept_well.wait(20)
    until(lambda: not keepers.is_busy)
    assert [record.message for record in caplog.records] == [f"one {name} was left", f"one {name}: The disk is full."]


def test_a_dyno_of_which_nothing_is_due_is_not_looked_at_all_the_time(
    context: Context, engine: FakeEngine, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = detached(context, app)
    found = context.store.oneoffs.named(app, name)
    assert found is not None
    for woken, pause in ((None, 0.1), (threading.Event(), 5.0)):
        with oneoff.monitored(context, app, found, woken=woken) as monitor:
            assert monitor._pause() == pause
