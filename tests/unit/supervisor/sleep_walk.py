"""The same history of an app under two supervisors: one goes round all the time, one sleeps until it must.

Both go round at multiples of the same tick, so what the one that sleeps has left out was nothing if both write the
same lines at the same moments.
"""

from __future__ import annotations

import math
import random
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fake_engine import START, FakeClock, FakeContainer, FakeEngine
from supervisor_kit import TYPES, Stage

from localku.context import Context
from localku.dyno.lifetime import MINUTE, Cycling
from localku.engine.usage import MemoryUse
from localku.platform import chaos
from localku.records import ScheduledCommand, Slug
from localku.services.postgres.postgres_service import Postgres
from localku.store.store import Store
from localku.supervisor import loop
from localku.supervisor.supervisor_limits import Limits

if TYPE_CHECKING:
    from datetime import datetime

    from localku.engine.client import Engine

LIMITS = Limits(cycling=Cycling(40 * MINUTE, 0))
TOLD = loop.Support(tells_endings=True)
CRON = (ScheduledCommand("worker", "*/3 * * * *"),)


OFTEN = ("on_scale", "on_scale", "on_nature", "on_nature", "on_memory", "on_restart")


class ScaledClock(FakeClock):
    """`seconds` are platform time."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def now(self) -> datetime:
        wall = FakeClock()
        wall.seconds = self.seconds / self.scale
        return wall.now()


@dataclass(frozen=True)
class Step:
    """`after`: platform seconds before it."""

    after: float
    kind: str
    dyno: str
    number: int


def steps(seed: int, count: int) -> list[Step]:
    chance = random.Random(seed)  # noqa: S311 - to be repeated is what it is for
    kinds = [name for name in vars(Walk) if name.startswith("on_")] + [*OFTEN]
    pauses = (15.0, 15.0, 40.0, 40.0, 100.0, 100.0, 1900.0)
    one = (
        Step(
            chance.choice(pauses) + chance.random() * 10,
            chance.choice(kinds),
            chance.choice(["web.1", "web.1", "web.2", "worker.1"]),
            chance.randrange(1000),
        )
        for _ in range(count)
    )
    return [Step(1900.0, "on_request", "web.1", 0), *one]


class Walk:
    def __init__(self, home: Path, scale: float, *, sleeps: bool) -> None:
        home.mkdir()
        self._clock = ScaledClock(scale)
        self._engine = FakeEngine(self._clock)
        self._engine.on_start = self._started
        self._stage = Stage(Context(Store(home), cast("Engine", self._engine), self._clock, Postgres), LIMITS, TOLD)
        self._deploy(TYPES)
        self._stage.scale("eco", web=1, worker=1)
        self._sleeps = sleeps
        self._listening, self._deaf, self._crashing = True, False, False
        self._next = 0.0
        self._number = 0
        self._is_down = False
        self.rounds = 0

    def take(self, step: Step) -> None:
        self._until(self._clock.seconds + step.after)
        act: Callable[[Step], None] = getattr(self, step.kind)
        act(step)
        self._stage._settle()
        self._ring()

    def lines(self) -> Mapping[str, list[tuple[float, str]]]:
        """By process, with the platform seconds of each line."""
        found: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for line in self._stage.context.log(self._stage.app).history(1500):
            seconds = (line.time - START).total_seconds() * self._clock.scale
            found[f"{line.source}[{line.proc}]"].append((seconds, re.sub(r"\b\d{4,5}\b", "PORT", line.message)))
        return found

    def _until(self, moment: float) -> None:
        while self._next <= moment:
            self._clock.seconds = max(self._clock.seconds, self._next)
            self._round()
        self._clock.seconds = max(self._clock.seconds, moment)

    def _round(self) -> None:
        if self._is_down:
            self._next = self._after(0)
            return
        supervisor = self._stage.supervisor
        self._stage._settle()
        supervisor._shared.wake.clear()
        self.rounds += 1
        self._is_down = supervisor._retries.until_done(supervisor.tick)
        for thread in threading.enumerate():
            if thread.name.startswith("gauge-"):
                thread.join()
        self._stage._settle()
        self._next = self._after(supervisor._seconds() if self._sleeps else loop.TICK)
        self._ring()

    def _after(self, pause: float) -> float:
        """The first tick after so many real seconds, and after this moment."""
        tick, now = loop.TICK * self._clock.scale, self._clock.seconds
        number = math.ceil(round((now + pause * self._clock.scale) / tick, 6))
        return max(number, math.floor(round(now / tick, 6)) + 1) * tick

    def _ring(self) -> None:
        """Do what the bell and the outputs do: whoever sleeps goes round when the app has changed."""
        number, before = self._stage.context.store.changes.number(self._stage.app), self._number
        self._number = number
        wake = self._stage.supervisor._shared.wake
        if self._sleeps and (wake.is_set() or number != before):
            self._next = min(self._next, self._after(0))

    def _started(self, container: FakeContainer) -> None:
        container.listening, container.deaf = self._listening, self._deaf
        if self._crashing:
            container.exit_at_once()

    def _running(self, dyno: str) -> FakeContainer | None:
        return next((one for one in reversed(list(self._engine.containers)) if one.dyno == dyno and one.running), None)

    def _deploy(self, types: dict[str, str]) -> None:
        store, now = self._stage.context.store, self._clock.now()
        slug = Slug(0, self._stage.app.id, "f", "localku/one:v3", "l", types, (), "debian-14", 1, None, now, CRON)
        store.releases.add(self._stage.app, store.releases.add_slug(slug), {}, "Deploy", "succeeded", now)

    def on_deploy(self, step: Step) -> None:
        self._deploy({**TYPES, "web": f"serve {step.number}"})

    def on_scale(self, step: Step) -> None:
        size = ("basic", "eco", "eco", "standard-1x")[step.number % 4]
        self._stage.scale(size, web=(1, 2, 1, 0)[step.number % 4], worker=step.number % 2)
        self._stage.context.store.features.enable(self._stage.app, "preboot", self._clock.now())

    def on_restart(self, step: Step) -> None:
        self._stage.context.store.dynos.ask_restart(self._stage.app, step.dyno)

    def on_exit(self, step: Step) -> None:
        found = self._running(step.dyno)
        if found is not None:
            found.exit(step.number % 3)

    def on_cut(self, step: Step) -> None:
        found = self._running(step.dyno)
        if found is not None:
            _cut(found)

    def on_nature(self, step: Step) -> None:
        """What the next containers are like."""
        self._listening, self._deaf = step.number % 3 != 0, step.number % 2 == 0
        self._crashing = step.number % 5 == 0

    def on_memory(self, step: Step) -> None:
        found = self._running(step.dyno)
        if found is not None:
            found.memory = MemoryUse((600 + step.number % 2 * 600) << 20, 0, 0, 0, 0, 0)

    def on_chaos(self, step: Step) -> None:
        context, app = self._stage.context, self._stage.app
        if step.number % 2:
            chaos.enable(context, app, 2, step.number, ())
        else:
            chaos.disable(context, app)

    def on_request(self, _step: Step) -> None:
        self._stage.context.store.traffic.seen(self._stage.app.uuid, self._clock.now())
        self._stage.supervisor.wake()

    def on_killed(self, _step: Step) -> None:
        if not self._is_down:
            self._stage.again()
            self._next = self._after(0)

    def on_engine_away(self, step: Step) -> None:
        back = self._clock.seconds + step.number % 90
        running = [one for one in self._engine.containers if one.running]
        for one in running:
            _cut(one)
        self._engine.lost = True

        def slept() -> None:
            if self._clock.seconds >= back:
                self._engine.lost = False

        self._clock.on_sleep = slept
        self._stage._settle()
        self._next = self._after(0)
        self._until(self._next)
        self._engine.lost = False

    def on_down(self, _step: Step) -> None:
        self._stage.context.store.apps.want(self._stage.app, "down")

    def on_up(self, _step: Step) -> None:
        self._stage.context.store.apps.want(self._stage.app, "up")
        if self._is_down:
            self._is_down = False
            self._stage.again()
            self._next = self._after(0)

    on_up_again = on_up


def _cut(container: FakeContainer) -> None:
    """End the output once somebody listens to it."""
    deadline = time.monotonic() + 5
    while not container.doorbell.heard or container.doorbell.hung_up:
        assert time.monotonic() < deadline, f"nobody listens to {container.id}"
        time.sleep(0.001)
    container.cut_off()
