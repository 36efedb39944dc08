"""One-off dynos: who may have how many, what becomes of those whose client or runner is gone, and when they end."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from fake_engine import FakeClock, FakeContainer, FakeEngine
from verbs_kit import deploy, lines

from localku.context import Context
from localku.dyno import dyno_lines as words
from localku.dyno.dyno_order import DynoOrder
from localku.dyno.oneoff_monitor import Client, OneOffMonitor
from localku.engine.usage import MemoryUse
from localku.errors import LocalkuError
from localku.platform import labs
from localku.platform.dynos import oneoff, oneoff_runners
from localku.records import App, OneOff
from localku.supervisor import detached_runner

HOURS = 3600.0


def order(context: Context, app: App, command: str = "ls", kind: str = "run", size: str = "basic") -> DynoOrder:
    release = context.store.releases.current(app)
    if release is None or release.slug_id is None:
        release = deploy(context, app)
    return oneoff.order(kind, command, release, context.store.releases.slug(release.slug_id or 0), size=size)


def row(context: Context, app: App, number: int, size: str = "basic") -> OneOff:
    made = OneOff(app.id, f"run.{1000 + number}", "up", 3, size, "ls", f"c{number}", True, "up", context.clock.now())
    context.store.oneoffs.add(made)
    return made


@pytest.mark.parametrize(("size", "shown", "most"), [("basic", "Basic", 50), ("performance-l", "Performance-L", 5)])
def test_heroku_runs_so_many_at_the_same_time(
    context: Context, app: App, launched: list[str], size: str, shown: str, most: int
) -> None:
    for number in range(most):
        row(context, app, number, size)
    with pytest.raises(LocalkuError) as raised:
        oneoff.detach(context, app, order(context, app, size=size))
    assert raised.value.message == f"Cannot run more than {most} {shown} size dynos."
    other = "performance-m" if size == "basic" else "standard-1x"
    oneoff.detach(context, app, order(context, app, size=other))
    assert len(launched) == most + 1


def test_a_detached_dyno_is_kept_to_its_end_by_its_runner(
    context: Context, engine: FakeEngine, app: App, launched: list[str]
) -> None:
    engine.on_start = FakeContainer.exit_at_once
    wish = order(context, app, "python import.py")
    oneoff.detach(context, app, wish)
    assert launched == [wish.name]
    assert [dyno.state for dyno in oneoff_runners.running(context, app)] == ["starting"]
    detached_runner.keep(context, app, wish.name)
    assert [line for line in lines(context, app) if wish.name in line or "Starting" in line] == [
        "app[api]: Starting process with command `python import.py` by user localku",
        f"heroku[{wish.name}]: Starting process with command `python import.py`",
        f"heroku[{wish.name}]: State changed from starting to up",
        f"heroku[{wish.name}]: Process exited with status 1",
        f"heroku[{wish.name}]: State changed from up to complete",
    ]
    assert (oneoff_runners.running(context, app), engine.containers.by_id) == ((), {})


def test_a_second_runner_leaves_the_dyno_to_the_first(context: Context, app: App, launched: list[str]) -> None:
    wish = order(context, app)
    oneoff.detach(context, app, wish)
    with oneoff_runners.held(context, app, wish.name), pytest.raises(LocalkuError, match="already exists"):
        detached_runner.keep(context, app, wish.name)
    assert launched == [wish.name]


def test_a_runner_whose_container_is_gone_takes_the_record_away(context: Context, app: App) -> None:
    made = row(context, app, 1)
    detached_runner.keep(context, app, made.name)
    assert context.store.oneoffs.of(app) == ()
    assert lines(context, app)[-1] == f"localku[{made.name}]: Its container is gone."


def test_the_lost_are_found_a_runner_and_the_kept_are_not(context: Context, app: App, launched: list[str]) -> None:
    kept, lost = row(context, app, 1), row(context, app, 2)
    with oneoff_runners.held(context, app, kept.name):
        oneoff_runners.adopt_lost(context, app)
    assert launched == [lost.name]


def test_what_a_killed_client_left_is_removed_and_a_detached_dyno_adopted(
    context: Context, engine: FakeEngine, app: App, launched: list[str]
) -> None:
    wish = order(context, app)
    with oneoff.attached(context, app, wish) as container:
        oneoff_runners.adopt_or_remove(context, engine.containers.inspect(container))
        assert engine.containers.exists(container)  # its client is here
        left = replace(engine.containers.inspect(container))
        context.store.oneoffs.detach(app, wish.name)
    assert engine.containers.exists(container)  # the client is gone, and it runs on
    oneoff_runners.adopt_or_remove(context, left)
    assert launched == [wish.name]
    context.store.oneoffs.forget(app, wish.name)
    oneoff_runners.adopt_or_remove(context, left)
    assert not engine.containers.exists(container)


def test_stopping_wants_the_end_of_one_or_of_all_of_a_type(context: Context, app: App) -> None:
    row(context, app, 1)
    row(context, app, 2)
    assert not oneoff_runners.stop(context, app, "web.1")
    assert oneoff_runners.stop(context, app, "run.1002")
    assert {dyno.name: dyno.wanted for dyno in oneoff_runners.running(context, app)} == {
        "run.1001": "up",
        "run.1002": "down",
    }
    assert oneoff_runners.stop(context, app, "run")
    assert {dyno.wanted for dyno in oneoff_runners.running(context, app)} == {"down"}


class Stage:
    """A one-off dyno that runs, and its monitor, who looks when the test says so."""

    def __init__(self, context: Context, engine: FakeEngine, app: App, wish: DynoOrder, client: Client | None) -> None:
        self.app, self.context, self.engine = app, context, engine
        with oneoff.attached(context, app, wish) as container:
            context.store.oneoffs.detach(app, wish.name)  # so that it stays
        engine.containers.start(container)
        self.container = engine.containers.by_id[container]
        dyno = context.store.oneoffs.named(app, wish.name)
        assert dyno is not None
        self.monitor = OneOffMonitor(context, app, dyno, client)
        self.seen = len(lines(context, app))

    def after(self, seconds: float) -> list[str]:
        """Let time pass and look once; what was said of the dyno since."""
        self.engine.clock.later(seconds)
        self.monitor.step()
        for thread in threading.enumerate():
            if thread.name.startswith("gauge-"):
                thread.join()
        said = lines(self.context, self.app)
        new, self.seen = said[self.seen :], len(said)
        return [line.partition(": ")[2] for line in new]


@pytest.fixture
def detached(context: Context, engine: FakeEngine, app: App) -> Stage:
    return Stage(context, engine, app, order(context, app), None)


def test_a_dyno_that_shall_stop_gets_sigterm_thirty_seconds_and_sigkill(detached: Stage) -> None:
    detached.container.deaf = True
    assert detached.after(60) == []
    oneoff_runners.stop(detached.context, detached.app, "run")
    assert detached.after(1) == [words.STOPPING]
    assert detached.after(30) == []
    assert detached.after(1) == [words.R12, words.STOPPING_HARD]
    assert detached.after(9) == []
    assert detached.container.signals == ["TERM", "KILL"]


def test_a_dyno_that_shall_stop_is_stopped_on_a_full_disk_too(detached: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise LocalkuError("The disk is full.")

    detached.container.deaf = True
    oneoff_runners.stop(detached.context, detached.app, "run")
    monkeypatch.setattr(detached.monitor._log, "write", full)
    for seconds in (1, 31):
        with pytest.raises(LocalkuError):
            detached.after(seconds)
    assert detached.container.signals == ["TERM", "KILL"]


def test_a_detached_dyno_is_cycled_after_a_day_and_216_minutes_at_most(detached: Stage) -> None:
    assert detached.after(24 * HOURS) == []
    assert detached.after(216 * 60) == [words.CYCLING, words.STOPPING]


def test_a_dyno_with_a_client_too(attached: Stage, client: Client) -> None:
    client.active = attached.engine.clock.monotonic() + 30 * HOURS
    assert attached.after(24 * HOURS) == []
    assert attached.after(216 * 60) == [words.CYCLING, words.STOPPING]


def test_a_release_phase_has_an_hour(context: Context, engine: FakeEngine, app: App) -> None:
    stage = Stage(context, engine, app, order(context, app, kind="release"), None)
    assert stage.after(HOURS - 1) == []
    assert stage.after(2) == [words.STOPPING]


@pytest.fixture
def client(clock: FakeClock) -> Client:
    return Client(clock.monotonic(), lambda: None)


@pytest.fixture
def attached(context: Context, engine: FakeEngine, app: App, client: Client) -> Stage:
    return Stage(context, engine, app, order(context, app), client)


def test_an_attached_dyno_is_closed_after_an_hour_of_silence(attached: Stage, client: Client) -> None:
    closed: list[bool] = []
    client.hang_up = lambda: closed.append(True)
    assert attached.after(HOURS - 1) == []
    client.active = attached.engine.clock.monotonic()
    assert attached.after(HOURS - 1) == []
    assert (client.gone, closed) == (False, [])
    assert attached.after(2) == [words.HANGUP]
    assert (client.gone, closed) == (True, [True])


def test_who_ignores_that_the_client_is_gone_is_told_r16_and_runs_on(attached: Stage, client: Client) -> None:
    client.gone = True
    assert [attached.after(step) for step in (0, 4, 1, 5)] == [
        [words.HANGUP],
        [],
        [words.HANGUP],
        [words.HANGUP],
    ]
    assert not client.ignored.is_set()
    assert attached.after(5) == [words.R16]
    assert client.ignored.is_set()
    assert attached.engine.done[-3:] == [f"HUP {attached.container.dyno}"] * 3
    assert attached.after(HOURS) == []


def use(megabytes: int) -> MemoryUse:
    return MemoryUse(megabytes << 20, 0, 0, 0, 0, 0)


def test_memory_is_measured_every_twenty_seconds(detached: Stage) -> None:
    detached.container.memory = use(600)
    assert detached.after(19) == []
    assert detached.after(1) == ["Process running mem=600M(117.2%)", "Error R14 (Memory quota exceeded)"]
    assert detached.after(19) == []
    detached.container.memory = use(100)
    assert detached.after(1) == []


def test_twice_the_memory_is_the_end(detached: Stage) -> None:
    detached.container.memory = use(1100)
    assert detached.after(20) == [
        "Process running mem=1100M(214.8%)",
        "Error R15 (Memory quota vastly exceeded)",
        "Stopping process with SIGKILL",
    ]
    assert detached.container.exit_status == 137
    detached.container.oom_killed = True
    assert oneoff.finish(detached.context, detached.app, detached.monitor) == 137
    assert [line.partition(": ")[2] for line in lines(detached.context, detached.app)[detached.seen :]] == [
        "Process exited with status 137",
        "State changed from up to complete",
    ]


def test_a_dyno_one_process_of_which_the_kernel_killed_is_killed_whole(detached: Stage) -> None:
    detached.container.memory, detached.container.starved = use(80), True
    assert detached.after(20)[:2] == ["Process running mem=1024M(200.0%)", "Error R15 (Memory quota vastly exceeded)"]
    assert not detached.container.running


def test_a_dyno_the_kernel_killed_whole_is_told_of_once_at_its_end(detached: Stage) -> None:
    detached.container.memory, detached.container.starved = use(80), True
    detached.container.oom_killed = True
    detached.container.exit(137)
    assert detached.after(20) == []
    oneoff.finish(detached.context, detached.app, detached.monitor)
    said = [line.partition(": ")[2] for line in lines(detached.context, detached.app)[detached.seen :]]
    assert said[0] == "Process running mem=1024M(200.0%)"
    assert said.count("Error R15 (Memory quota vastly exceeded)") == 1


def test_metrics_are_those_of_dynos_started_after_the_feature(context: Context, engine: FakeEngine, app: App) -> None:
    early = Stage(context, engine, app, order(context, app), None)
    early.container.memory = use(100)
    engine.clock.later(5)
    labs.enable(context, app, "log-runtime-metrics")
    engine.clock.later(5)
    assert early.after(20) == []
    late = Stage(context, engine, app, order(context, app), None)
    late.container.memory = use(100)
    (line,) = late.after(20)
    assert line.startswith(f"source={late.container.dyno} dyno=heroku.{app.id}.")
    assert "sample#memory_total=100.00MB" in line
    late.container.runnable = 3
    assert late.after(40)[0].endswith("sample#load_avg_1m=1.46")
