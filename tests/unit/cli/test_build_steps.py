import io
import time

import pytest

from localku.cli.build_steps import Step, Steps, seconds_since_start, table
from localku.cli.terminal import Progress
from localku.platform.deploying.deploy_events import Line, Released
from localku.platform.deploying.deploy_events import Progress as Fraction


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_arrow_of_the_transcript_begins_a_step() -> None:
    clock = Clock()
    steps = Steps(clock, before=0.25)
    for passed, event in (
        (0.5, Line("-----> Building on the Debian-14 stack")),
        (1.0, Line("       some output")),
        (1.5, Line("-----> Launching...")),
        (0.5, Fraction("Reading", 0.5)),
        (0.5, Released(3, "http://localhost")),
    ):
        clock.now += passed
        steps(event)
    clock.now += 0.25
    assert steps.end() == (
        Step("Starting localku", 0.25),
        Step("Reading the app's files", 0.5),
        Step("Building on the Debian-14 stack", 2.5),
        Step("Launching...", 1.25),
    )


def test_a_step_that_is_silent_for_a_while_tells_what_it_is() -> None:
    clock, told = Clock(), list[str]()
    steps = Steps(clock)
    steps(Line("-----> Installing dependencies"))
    clock.now += 0.9
    steps.tell(lambda step, _fraction: told.append(step))
    assert told == []
    clock.now += 0.2
    steps.tell(lambda step, _fraction: told.append(step))
    assert told == ["Installing dependencies"]
    steps(Line("       Collecting Django"))
    steps.tell(lambda step, _fraction: told.append(step))
    assert told == ["Installing dependencies"]


def test_the_table_ends_with_all_of_it() -> None:
    assert table((Step("one", 0.5), Step("two", 12.25))) == ["    0.50 s  one", "   12.25 s  two", "   12.75 s  in all"]


def test_a_process_knows_how_long_it_runs() -> None:
    before = seconds_since_start()
    assert before > 0
    time.sleep(0.05)
    assert seconds_since_start() >= before


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_seconds_are_those_of_the_step_and_not_of_all_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, stream = Clock(), Terminal()
    monkeypatch.setattr("localku.cli.terminal.time.monotonic", clock)
    progress = Progress(stream)
    for passed, step in ((5, "one"), (7, "one"), (1, "two"), (2, "two")):
        clock.now += passed
        progress(step, None)
    shown = [part.strip() for part in stream.getvalue().split("\r\x1b[K") if part]
    assert shown == ["one (0 s)", "one (7 s)", "two (0 s)", "two (2 s)"]
