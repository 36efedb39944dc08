"""When a database is measured: every minute of the platform's clock, and never where nobody would have it so."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import pytest

from localku.errors import LocalkuError
from localku.services.postgres import credentials, metrics
from localku.services.postgres.metrics import Memory, Metrics
from localku.states import DynoState
from localku.supervisor.database_metrics import DatabaseMetrics
from localku.supervisor.dynos.dyno import Dyno, fresh_record

if TYPE_CHECKING:
    from fake_engine import FakeClock

    from localku.context import Context
    from localku.records import App
    from localku.supervisor.desired_state import DesiredState
    from localku.supervisor.dynos.dyno_process import SupervisorContext
    from localku.supervisor.dynos.retiring import Retiring

SAID = Metrics(1, 1, 1, 1, 0, 1.0, 1.0, ("0.1", "0.1", "0.1"), Memory(4, 2, 1, 1), 0, 0)


@dataclass
class Shared:
    """What the chore is given of a supervisor."""

    context: Context
    app: App
    lines: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def clock(self) -> FakeClock:
        return cast("FakeClock", self.context.clock)

    @property
    def log(self) -> Shared:
        return self

    def write(self, source: str, proc: str, message: str) -> None:
        self.lines.append((source, proc, message))


@dataclass
class Measured:
    chore: DatabaseMetrics
    shared: Shared
    asked: list[str]
    state: DynoState = DynoState.UP

    def step(self, seconds: float = 0.0) -> None:
        self.shared.clock.later(seconds)
        record = replace(fresh_record(self.shared.app, "web.1", self.shared.clock.now()), state=self.state)
        dyno = Dyno(cast("SupervisorContext", self.shared), record)
        self.chore.step({"web.1": dyno}, cast("DesiredState", None))
        deadline = time.monotonic() + 5
        while self.chore._busy.locked() and time.monotonic() < deadline:
            time.sleep(0.001)


@pytest.fixture
def measured(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> Measured:
    asked: list[str] = []

    def measure(_engine: object, container: str, *_: object) -> Metrics:
        asked.append(container)
        return SAID

    monkeypatch.setattr(metrics, "measure", measure)
    shared = Shared(context, app)
    return Measured(DatabaseMetrics(cast("SupervisorContext", shared), cast("Retiring", None)), shared, asked)


def add(measured: Measured, plan: str, config_var: str = "DATABASE_URL") -> None:
    context = measured.shared.context
    made = credentials.new(measured.shared.app.id, plan, config_var, context.clock.now())
    context.store.addons.move(context.store.addons.add(made), "172.17.0.1", 5432)


def test_a_line_a_minute_after_a_first_look(measured: Measured) -> None:
    add(measured, "standard-0")
    measured.step()
    assert (len(measured.asked), measured.shared.lines) == (1, [])
    measured.step(30)
    assert measured.chore.due_in() == 30
    measured.step(30)
    measured.step(60)
    assert [(source, proc) for source, proc, _ in measured.shared.lines] == [("app", "heroku-postgres")] * 2
    assert measured.shared.lines[0][2].startswith("source=DATABASE addon=postgresql-")


def test_small_plans_and_a_sleeping_app_are_not_asked(measured: Measured) -> None:
    add(measured, "essential-0")
    measured.step()
    assert (measured.asked, measured.chore.due_in()) == ([], math.inf)
    add(measured, "standard-0", "HEROKU_POSTGRESQL_RED_URL")
    measured.state = DynoState.IDLE
    measured.step(120)
    assert (measured.asked, measured.chore.due_in()) == ([], math.inf)
    measured.state = DynoState.UP
    measured.step()
    assert len(measured.asked) == 1


def test_a_server_that_does_not_answer_is_no_trouble(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    add(measured, "standard-0")
    measured.step()

    def down(*_: object) -> Metrics:
        raise LocalkuError("down")

    answers = metrics.measure
    monkeypatch.setattr(metrics, "measure", down)
    measured.step(60)
    monkeypatch.setattr(metrics, "measure", answers)
    measured.step(60)
    assert measured.shared.lines == []
    measured.step(60)
    assert len(measured.shared.lines) == 1
