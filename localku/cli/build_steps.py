"""The steps of a deploy as they go by: which one it is in, since when, and the seconds of each that is over."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localku.platform.deploying import deploy_events

if TYPE_CHECKING:
    from localku.platform.deploying.deploy_events import Event
    from localku.telling import Progress

STARTING, READING = "Starting localku", "Reading the app's files"
MARK = "-----> "

QUIET = 1.0
"""Seconds without a new line after which a step tells what it does."""


@dataclass(frozen=True)
class Step:
    name: str
    seconds: float

    def as_json(self) -> dict[str, str | float]:
        return {"step": self.name, "seconds": round(self.seconds, 3)}


class Steps:
    """A step begins with a line of the transcript that has Heroku's arrow; what comes before them has names of ours."""

    def __init__(self, now: Callable[[], float] = time.monotonic, before: float = 0.0) -> None:
        """`before`: seconds that the program had run already."""
        self._now = now
        self._over = [Step(STARTING, before)] if before else []
        self._name = READING
        self._began = now()
        self._last_line = now()

    def __call__(self, event: Event) -> None:
        for line in deploy_events.transcript(event):
            self._last_line = self._now()
            if line.startswith(MARK):
                self.begin(line.removeprefix(MARK))

    def begin(self, name: str) -> None:
        now = self._now()
        self._over.append(Step(self._name, now - self._began))
        self._name, self._began = name, now

    def end(self) -> tuple[Step, ...]:
        """Return all steps; the last one ends now."""
        return (*self._over, Step(self._name, self._now() - self._began))

    def tell(self, progress: Progress) -> None:
        """Tell what the step is that has been silent for a while."""
        if self._now() - self._last_line > QUIET:
            progress(self._name, None)

    @contextmanager
    def shown(self, progress: Progress) -> Iterator[None]:
        """Tell it again and again while the block runs: for a terminal, where one line changes."""
        over = threading.Event()

        def work() -> None:
            while not over.wait(QUIET / 2):
                self.tell(progress)

        thread = threading.Thread(target=work, name="steps", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def table(steps: tuple[Step, ...]) -> list[str]:
    """Return lines with the seconds of each step, and of all."""
    total = sum(step.seconds for step in steps)
    rows = [*steps, Step("in all", total)]
    return [f"{step.seconds:8.2f} s  {step.name}" for step in rows]


def seconds_since_start() -> float:
    """Return how long this process has run, to a hundredth; 0 where the system does not tell (proc(5), starttime)."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        ticks = os.sysconf("SC_CLK_TCK")
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / ticks)
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0
