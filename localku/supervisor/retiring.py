"""Dynos on their way out: SIGTERM, 30 seconds, SIGKILL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localku.store.records import DynoRecord
from localku.supervisor import lines
from localku.supervisor.process import Process, World


@dataclass(frozen=True)
class Leaving:
    dyno: DynoRecord
    process: Process
    ended: Callable[[], None]


class Retiring:
    """All processes that were told to stop and have not ended yet."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._leaving: list[Leaving] = []

    def __len__(self) -> int:
        return len(self._leaving)

    def add(self, dyno: DynoRecord, process: Process | None, ended: Callable[[], None] = lambda: None) -> None:
        """Take a process over and tell it to stop; `ended` is called when it has. No process: nothing to do.

        Where the engine is away just now, `step` tells it.
        """
        if process is None:
            return
        self._leaving.append(Leaving(dyno, process, ended))
        self._world.witness.before_stop(dyno, process.container)
        self._say(dyno, lines.STOPPING)
        process.terminate(self._world.clock.monotonic())

    def step(self) -> None:
        for leaving in tuple(self._leaving):
            if leaving.process.output_over and not self._still_runs(leaving):
                self._gone(leaving)
            else:
                self._hurry(leaving)

    def _still_runs(self, leaving: Leaving) -> bool:
        container = leaving.process.look()
        return container is not None and container.running

    def _gone(self, leaving: Leaving) -> None:
        container = leaving.process.look()
        leaving.process.flush()
        leaving.process.remove()
        self._leaving.remove(leaving)
        self._say(leaving.dyno, lines.exited(container.exit_status if container is not None else 137))
        leaving.ended()

    def _hurry(self, leaving: Leaving) -> None:
        process, now = leaving.process, self._world.clock.monotonic()
        if process.stopping_since is None:
            process.terminate(now)
        elif now - process.stopping_since > self._world.limits.shutdown and not process.killed:
            process.kill()
            self._say(leaving.dyno, lines.R12)
            self._say(leaving.dyno, lines.STOPPING_HARD)

    def _say(self, dyno: DynoRecord, message: str) -> None:
        self._world.log.write("heroku", dyno.name, message)
