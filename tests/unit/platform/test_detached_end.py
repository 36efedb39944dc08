"""How detached dynos end with their app, also those whose runner cannot see to it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from fake_engine import FakeClock, FakeContainer, FakeEngine
from verbs_kit import deploy

from localku.context import Context
from localku.dyno import shutdown
from localku.errors import LocalkuError
from localku.platform.dynos import detached_end, oneoff, oneoff_runners
from localku.records import App, OneOff

Detach = Callable[[bool], FakeContainer]

FULL = "The disk with state.db is full."


@pytest.fixture
def detach(context: Context, engine: FakeEngine, app: App) -> Detach:
    release = deploy(context, app)
    slug = context.store.releases.slug(release.slug_id or 0)

    def make(runs: bool) -> FakeContainer:
        before = set(engine.containers.by_id)
        oneoff.detach(context, app, oneoff.order("run", "sleep 1000", release, slug))
        (made,) = set(engine.containers.by_id) - before
        if runs:
            engine.containers.start(made)
        return engine.containers.by_id[made]

    return make


def fill(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise LocalkuError(FULL)

    for verb in ("stop", "forget", "set_state", "add"):
        monkeypatch.setattr(context.store.oneoffs, verb, refuse)


def record(context: Context, app: App, container: FakeContainer) -> OneOff:
    return next(dyno for dyno in context.store.oneoffs.of(app) if dyno.container == container.id)


def test_on_a_full_disk_dynos_without_a_runner_are_ended_all_the_same(
    context: Context, engine: FakeEngine, app: App, detach: Detach, monkeypatch: pytest.MonkeyPatch
) -> None:
    created, running, deaf = detach(False), detach(True), detach(True)
    deaf.deaf = True
    fill(context, monkeypatch)
    began = context.clock.monotonic()
    with pytest.raises(LocalkuError, match="is full"):
        detached_end.end_detached(context, app)
    assert (created.signals, running.signals, deaf.signals) == ([], ["TERM"], ["TERM", "KILL"])
    assert engine.containers.by_id == {}
    assert shutdown.SECONDS < context.clock.monotonic() - began < shutdown.SECONDS + 2


def test_on_a_full_disk_a_runner_takes_its_dyno_away_itself(
    context: Context, clock: FakeClock, engine: FakeEngine, app: App, detach: Detach, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, runner = detach(True), ExitStack()
    runner.enter_context(oneoff_runners.held(context, app, kept.dyno))
    fill(context, monkeypatch)
    looks: list[bool] = []

    def work() -> None:
        looks.append(engine.containers.exists(kept.id))
        if len(looks) == 5:
            engine.containers.remove(kept.id)
            runner.close()

    clock.on_sleep = work
    with pytest.raises(LocalkuError, match="is full"):
        detached_end.end_detached(context, app)
    assert (kept.signals, looks) == (["TERM"], [True] * 5)


def test_a_runner_that_cannot_begin_is_waited_for_and_then_done_without(
    context: Context, engine: FakeEngine, app: App, detach: Detach, launched: list[str]
) -> None:
    left = detach(True)
    launched.clear()
    began = context.clock.monotonic()
    detached_end.end_detached(context, app)
    assert launched == [left.dyno]
    assert context.clock.monotonic() - began > detached_end.BEGIN_SECONDS
    assert left.signals == ["TERM"]
    assert (engine.containers.by_id, context.store.oneoffs.of(app)) == ({}, ())


def test_dynos_whose_runners_see_to_it_are_left_to_them(
    context: Context, clock: FakeClock, engine: FakeEngine, app: App, detach: Detach
) -> None:
    kept, runner = detach(True), ExitStack()
    runner.enter_context(oneoff_runners.held(context, app, kept.dyno))

    def work() -> None:
        if clock.seconds > 20:
            assert record(context, app, kept).wanted == "down"
            oneoff_runners.remove(context, app, kept.dyno, kept.id)
            runner.close()
            clock.on_sleep = lambda: None

    clock.on_sleep = work
    detached_end.end_detached(context, app)
    assert (kept.signals, engine.containers.by_id, context.store.oneoffs.of(app)) == ([], {}, ())


def test_a_dyno_that_cannot_be_recorded_leaves_no_container(
    context: Context, engine: FakeEngine, app: App, detach: Detach, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(context, monkeypatch)
    with pytest.raises(LocalkuError, match="is full"):
        detach(False)
    assert engine.containers.by_id == {}
