"""Who runs which app: one runner for each that shall run, whatever happens to it."""

import threading
from collections.abc import Callable
from functools import partial
from typing import ClassVar

import pytest
from fake_engine import FakeEngine
from support_wait import until

from localku.context import Context
from localku.engine import labels
from localku.engine.engine_errors import EngineUnavailable
from localku.engine.spec import ContainerSpec
from localku.errors import LocalkuError
from localku.locks import holder
from localku.platform.dynos.running import supervisor_lock
from localku.records import App
from localku.server.apps import backoff
from localku.server.apps.runner import Runner
from localku.server.apps.runners import Runners
from localku.states import Wanted


class Supervisor:
    """Runs until its app is not wanted any more or it is told to stop; what `act` raises ends it."""

    made: ClassVar[list["Supervisor"]] = []
    act: ClassVar[Callable[["Supervisor"], None]] = staticmethod(lambda _one: None)

    def __init__(self, context: Context, app: App, *_: object, **__: object) -> None:
        self._context = context
        self.app = app
        self.wakes = 0
        self.woken, self.stopped = threading.Event(), threading.Event()
        Supervisor.made.append(self)

    def run(self) -> None:
        type(self).act(self)
        while not self.stopped.is_set() and self._context.store.apps.by_id(self.app.id).shall_run:
            self.woken.wait(10)
            self.woken.clear()

    def wake(self) -> None:
        self.wakes += 1
        self.woken.set()

    def stop(self) -> None:
        self.stopped.set()
        self.woken.set()

    def leave(self) -> None:
        self.stop()

    def container_ended(self) -> None:
        self.wake()


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    Supervisor.made = []
    monkeypatch.setattr(Supervisor, "act", staticmethod(lambda _one: None))
    monkeypatch.setattr(backoff, "FIRST", 0.01)


@pytest.fixture
def ended() -> list[Runner]:
    return []


@pytest.fixture
def runners(context: Context, ended: list[Runner]) -> Runners:
    return Runners(context, partial(Runner, context, partial(Supervisor, context)), ended.append)


def quiet(_line: str) -> None:
    """Nobody listens."""


def test_each_app_that_shall_run_has_one_runner_which_holds_its_lock(
    context: Context, app: App, runners: Runners
) -> None:
    context.store.apps.create("two", None, context.clock.now())
    context.store.apps.want(app, Wanted.UP)
    runners.look()
    runners.look()
    assert runners.running() == (app.uuid,)
    until(lambda: holder(supervisor_lock(context, app)) is not None)
    runners.stop(app.uuid, quiet)
    assert runners.wait(app.uuid, 20)
    assert holder(supervisor_lock(context, app)) is None


def test_an_app_that_is_wanted_down_ends_and_is_told(
    context: Context, app: App, runners: Runners, ended: list[Runner]
) -> None:
    context.store.apps.want(app, Wanted.LEASED)
    runners.look()
    context.store.apps.want(app, Wanted.DOWN)
    runners.wake_changed()
    until(lambda: bool(ended))
    assert (ended[0].app.uuid, ended[0].failure, runners.running()) == (app.uuid, None, ())


@pytest.mark.parametrize(("kind", "runs"), [("web", True), ("run", False)])
def test_dynos_that_ran_on_while_their_record_was_gone_already_are_stopped_by_whoever_comes_next(
    kind: str, runs: bool, context: Context, app: App, runners: Runners, ended: list[Runner], engine: FakeEngine
) -> None:
    engine.images.tags.add("x")
    marks = {**context.labels(app, labels.ROLE_DYNO), labels.TYPE: kind}
    engine.containers.create(ContainerSpec("x", f"{kind}.1", labels=marks))
    runners.look()
    assert not Supervisor.made
    runners.resume()
    until(lambda: [one.app.uuid for one in ended] == [app.uuid] * runs)
    runners.look()
    assert len(Supervisor.made) == runs


def test_where_the_engine_is_away_its_return_is_waited_for(
    context: Context, app: App, runners: Runners, engine: FakeEngine
) -> None:
    context.store.apps.want(app, Wanted.UP)
    engine.lost = True
    runners.resume()
    assert runners.running() == (app.uuid,)
    runners.stop_all(quiet)


def test_only_what_has_changed_is_woken(context: Context, app: App, runners: Runners) -> None:
    other = context.store.apps.create("two", None, context.clock.now())
    for one in (app, other):
        context.store.apps.want(one, Wanted.UP)
    runners.wake_changed()
    first, second = sorted(Supervisor.made, key=lambda one: one.app.id)
    before = second.wakes
    context.store.apps.change_config(app, {"A": "1"})
    runners.wake_changed()
    assert (first.wakes, second.wakes) == (1, before)
    runners.stop_all(quiet)


def test_a_fault_of_ours_is_told_in_the_log_and_the_supervisor_starts_again(
    context: Context, app: App, runners: Runners, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(one: Supervisor) -> None:
        if len(Supervisor.made) < 3:
            raise ZeroDivisionError(f"fault {len(Supervisor.made)}")

    monkeypatch.setattr(Supervisor, "act", staticmethod(act))
    context.store.apps.want(app, Wanted.UP)
    runners.look()
    until(lambda: len(Supervisor.made) == 3)
    lines = [line.message for line in context.log(app).history(10, proc="supervisor")]
    assert lines == ["starts again after a fault: fault 1", "starts again after a fault: fault 2"]
    runners.stop_all(quiet)


def test_an_app_stays_down_that_was_stopped_while_the_store_could_not_be_written(
    context: Context, app: App, runners: Runners, monkeypatch: pytest.MonkeyPatch
) -> None:
    context.store.apps.want(app, Wanted.UP)
    runners.look()

    def full(*_: object) -> None:
        raise LocalkuError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(context.store.apps, "want", full)
        runners.stop(app.uuid, quiet)
        assert runners.wait(app.uuid, 20)
        until(lambda: runners.running() == ())
        runners.look()
        assert (runners.running(), len(Supervisor.made)) == ((), 1)
    runners.look()
    assert (context.store.apps.by_id(app.id).wanted, runners.running()) == (Wanted.DOWN, ())


def test_what_keeps_an_app_from_stopping_reaches_whoever_waits_and_is_tried_when_the_engine_is_back(
    context: Context, app: App, runners: Runners, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = EngineUnavailable("No Docker engine answers.")

    def act(one: Supervisor) -> None:
        if len(Supervisor.made) == 1:
            one.stopped.wait(20)
            raise gone

    monkeypatch.setattr(Supervisor, "act", staticmethod(act))
    dyno = context.store.dynos
    context.store.apps.want(app, Wanted.UP)
    runners.look()
    keep(context, app)
    runners.stop(app.uuid, quiet)
    with pytest.raises(EngineUnavailable):
        runners.wait(app.uuid, 20)
    until(lambda: runners.running() == ())
    runners.look()
    assert (len(Supervisor.made), len(dyno.of(app.id))) == (1, 1)
    runners.engine_is_back()
    until(lambda: len(Supervisor.made) == 2)
    assert runners.wait(app.uuid, 20)


def test_a_lease_ends_with_what_its_supervisor_cannot_go_on_without(
    context: Context, app: App, runners: Runners, ended: list[Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(_one: Supervisor) -> None:
        raise EngineUnavailable("No Docker engine answers.")

    monkeypatch.setattr(Supervisor, "act", staticmethod(act))
    context.store.apps.want(app, Wanted.LEASED)
    runners.look()
    until(lambda: bool(ended))
    assert isinstance(ended[0].failure, EngineUnavailable)
    until(lambda: context.store.apps.by_id(app.id).wanted is Wanted.DOWN)


def test_when_all_are_stopped_none_starts_and_what_is_wanted_stays(
    context: Context, app: App, runners: Runners
) -> None:
    context.store.apps.want(app, Wanted.UP)
    runners.look()
    said: list[str] = []
    runners.stop_all(said.append)
    runners.look()
    assert (runners.running(), context.store.apps.by_id(app.id).wanted) == ((), Wanted.UP)
    assert said == ["Stopping one: SIGTERM to all its processes, SIGKILL after 30 seconds"]


def keep(context: Context, app: App) -> None:
    """A dyno that is left in the store."""
    from localku.supervisor.dynos.dyno import fresh_record

    context.store.dynos.save(fresh_record(app, "web.1", context.clock.now()))
