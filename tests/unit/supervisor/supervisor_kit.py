"""An app with a release, and a supervisor that goes round when the test says so."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from localku.context import Context
from localku.records import App, DynoRecord, FormationEntry, Release, Slug
from localku.server.children import CHORES
from localku.supervisor.dynos.dyno import Process
from localku.supervisor.loop import ALONE, HEROKU, Supervisor, Support

if TYPE_CHECKING:
    from fake_engine import FakeClock, FakeContainer, FakeEngine

    from localku.supervisor.supervisor_limits import Limits

IMAGE = "localku/one:v3"
TYPES = {"web": "serve", "worker": "work"}


@dataclass
class Stage:
    context: Context
    limits: Limits = HEROKU
    support: Support = ALONE
    app: App = field(init=False)
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self.app = self.context.store.apps.create("one", Path("/src/one"), self.clock.now())
        self.context.store.apps.want(self.app, "up")
        self.engine.images.tags.add(IMAGE)
        self.deploy()
        self.supervisor = Supervisor(self.context, self.app, self.limits, chores=CHORES, support=self.support)

    @property
    def engine(self) -> FakeEngine:
        return cast("FakeEngine", self.context.engine)

    @property
    def clock(self) -> FakeClock:
        return self.engine.clock

    def deploy(self, types: dict[str, str] | None = None, image: str = IMAGE) -> Release:
        now = self.clock.now()
        slug = self.context.store.releases.add_slug(
            Slug(0, self.app.id, "f", image, "l", types or TYPES, (), "debian-14", 1, None, now)
        )
        return self.context.store.releases.add(self.app, slug, {"KEY": "value"}, "Deploy", "succeeded", now)

    def scale(self, size: str = "basic", **quantities: int) -> None:
        entries = tuple(FormationEntry(name, quantity, size) for name, quantity in quantities.items())
        self.context.store.apps.scale(self.app, entries)

    def round(self, after: float = 0.0) -> bool:
        """Let time pass and every output that is over be noticed, then go round once."""
        self.clock.later(after)
        self._settle()
        return self.supervisor.tick()

    def rounds(self, number: int = 3) -> None:
        for _ in range(number):
            self.round()

    def again(self) -> None:
        """Be killed with -9 and started again; the old output threads are dead from then on."""
        for process in self._processes():
            self.engine.containers.killed.add(process._pump)
            if process.container in self.engine.containers.by_id:
                self.engine.containers.by_id[process.container].doorbell.rung.set()
            _eventually(process)
        self.supervisor = Supervisor(self.context, self.app, self.limits, chores=CHORES, support=self.support)
        self.supervisor.adopt()

    def container(self, dyno: str) -> FakeContainer:
        """The newest container of a dyno."""
        return [one for one in self.engine.containers if one.dyno == dyno][-1]

    def containers(self) -> list[str]:
        return [one.dyno for one in self.engine.containers]

    def up(self, dyno: str = "web.1") -> FakeContainer:
        """Bring a web dyno up and return its container."""
        self.round()
        found = self.container(dyno)
        found.listening = True
        self.round()
        return found

    def record(self, dyno: str = "web.1") -> DynoRecord:
        return next(record for record in self.context.store.dynos.of(self.app.id) if record.name == dyno)

    def wait(self, dyno: str = "web.1") -> timedelta | None:
        record = self.record(dyno)
        return record.retry_at - self.clock.now() if record.retry_at else None

    def lines(self, *procs: str) -> list[str]:
        """The log without times; of these dynos only, where any are named."""
        found = self.context.log(self.app).history(1500)
        return [f"{line.source}[{line.proc}]: {line.message}" for line in found if not procs or line.proc in procs]

    def new_lines(self, *procs: str) -> list[str]:
        """What has come into the log since this was asked last."""
        found = self.lines(*procs)
        seen, self._seen = getattr(self, "_seen", 0), len(found)
        return found[seen:]

    def _settle(self) -> None:
        """Wait for every output that is over; one that was cut off is over unless somebody listens again."""
        for process in self._processes():
            found = self.engine.containers.by_id.get(process.container)
            while (found is None or not found.running or found.output_is_cut) and not process.output_over:
                time.sleep(0.001)

    def _processes(self) -> list[Process]:
        dynos = [dyno.process for dyno in self.supervisor._dynos.values()]
        leaving = [leaving.process for leaving in self.supervisor._retiring._leaving]
        coming = [dyno.process for dyno in self.supervisor._preboot._coming.values()]
        return [process for process in (*dynos, *leaving, *coming) if process is not None]


def _eventually(process: Process) -> None:
    deadline = time.monotonic() + 5
    while not process.output_over:
        assert time.monotonic() < deadline, f"the output of {process.container} is never over"
        time.sleep(0.001)
