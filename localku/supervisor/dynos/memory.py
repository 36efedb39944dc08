"""The memory of an app's dynos: a gauge for each process that runs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from localku.dyno import dyno_sizes, gauge
from localku.dyno.gauge import Gauge

if TYPE_CHECKING:
    from localku.supervisor.dynos.dyno import Dyno
    from localku.supervisor.dynos.dyno_process import Process, SupervisorContext


class Memory:
    def __init__(self, shared: SupervisorContext) -> None:
        self._shared = shared
        self._gauges: dict[str, Gauge] = {}

    def look(self, dynos: Iterable[Dyno]) -> None:
        """Let each running dyno be measured when that is due; forget the gauges of processes that are over."""
        running = [(dyno, dyno.process) for dyno in dynos if dyno.process is not None]
        here = {process.container for _, process in running}
        self._gauges = {container: found for container, found in self._gauges.items() if container in here}
        for dyno, process in running:
            if process.container not in self._gauges:
                made = self._gauge(dyno, process)
                if made is None:
                    continue
                self._gauges[process.container] = made
            self._gauges[process.container].look()

    def due_in(self, dynos: Iterable[Dyno]) -> float:
        """Platform seconds until one of them is to be measured, or its gauge to be made."""
        here = {dyno.process.container for dyno in dynos if dyno.process is not None}
        known = (found.due_in() for container, found in self._gauges.items() if container in here)
        return min(known, default=math.inf) if here <= self._gauges.keys() else 0.0

    def _gauge(self, dyno: Dyno, process: Process) -> Gauge | None:
        container = process.look()
        if container is None:
            return None
        record, shared = dyno.record, self._shared
        described = gauge.measured(shared.context, shared.app, record.name, container, dyno_sizes.named(record.size))
        return Gauge(shared.context, described, partial(shared.log.write, "heroku", record.name), process.kill)
