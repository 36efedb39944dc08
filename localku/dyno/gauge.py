"""Measures one dyno every 20 seconds: R14, R15, and the lines of log-runtime-metrics."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from localku.dyno import app_features, memory_quota, runtime_metrics
from localku.dyno.memory_sample import Sample
from localku.engine import labels
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.context import Context
    from localku.dyno.dyno_sizes import Size
    from localku.engine.containers import Container
    from localku.records import App

LATE = timedelta(seconds=2)
"""How far the engine's account of what happened may lag behind."""

METRICS = "log-runtime-metrics"


@dataclass(frozen=True)
class Measured:
    """A dyno's process: its `container`, and the `identity` its metrics carry; empty without that feature."""

    name: str
    container: str
    size: Size
    identity: str = ""


def measured(context: Context, app: App, name: str, container: Container, size: Size) -> Measured:
    """Describe a dyno to measure; log-runtime-metrics counts if it was enabled before the dyno was started."""
    enabled = app_features.since(context, app, METRICS)
    started = container.started_at
    counts = enabled is not None and (not started or datetime.fromisoformat(started) >= enabled)
    identity = f"heroku.{app.id}.{container.labels.get(labels.DYNO_ID, '')}"
    return Measured(name, container.id, size, identity if counts else "")


class Gauge:
    """`say` writes a line as Heroku's about the dyno; `kill` sends SIGKILL to it."""

    def __init__(self, context: Context, dyno: Measured, say: Callable[[str], None], kill: Callable[[], None]) -> None:
        self._context = context
        self._dyno = dyno
        self._say = say
        self._kill = kill
        self._load = runtime_metrics.Load()
        self._began = self._last = context.clock.monotonic()
        self._asked = context.clock.now()
        self._busy = threading.Lock()
        self._over = False

    def look(self) -> None:
        """Measure, aside, when 20 seconds have passed: the engine's answer may take one."""
        if self.due_in() > 0 or self._busy.locked():
            return
        threading.Thread(target=self.measure, name=f"gauge-{self._dyno.name}", daemon=True).start()

    def due_in(self) -> float:
        """Platform seconds until the next sample."""
        return math.inf if self._over else self._last + memory_quota.EVERY - self._context.clock.monotonic()

    def close(self) -> None:
        """Measure no more; what is being measured just now is waited for."""
        self._over = True
        with self._busy:
            return

    def measure(self) -> None:
        """Take a sample now and say and do what it calls for; a dyno or an engine that is gone calls for nothing."""
        with self._busy:
            now = self._context.clock.monotonic()
            passed, self._last = now - self._last, now
            try:
                self._judge(now - self._began, passed)
            except LocalkuError:
                return

    def _judge(self, age: float, passed: float) -> None:
        use = self._context.engine.containers.memory(self._dyno.container)
        if use is None or self._over:
            return
        sample = Sample(use, self._dyno.size.memory)
        if self._starved():
            if not self._context.engine.containers.inspect(self._dyno.container).running:
                return  # all of it was killed: whoever sees it end says so
            self._stop(memory_quota.out_of_memory(self._dyno.size))
            return
        if self._dyno.identity:
            self._metrics(sample, age, passed)
        if sample.vastly:
            self._stop(memory_quota.lines(sample))
            return
        for line in memory_quota.lines(sample):
            self._say(line)

    def _stop(self, lines: tuple[str, ...]) -> None:
        self._over = True
        for line in lines:
            self._say(line)
        self._kill()

    def _starved(self) -> bool:
        """Whether the kernel has killed a process of the dyno, which as a whole lives on."""
        now = self._context.clock.now()
        since, self._asked = self._asked - LATE, now
        return self._context.engine.containers.out_of_memory(self._dyno.container, since, now)

    def _metrics(self, sample: Sample, age: float, passed: float) -> None:
        load = self._load_now(age, passed)
        for line in runtime_metrics.lines(self._dyno.name, self._dyno.identity, sample, load):
            self._say(line)

    def _load_now(self, age: float, passed: float) -> str:
        """Return the load averages; nothing where the engine's machine has no `ps` that can tell."""
        try:
            runnable = self._context.engine.containers.runnable(self._dyno.container)
        except LocalkuError:
            return ""
        self._load.add(runnable, passed)
        return self._load.shown(age)
