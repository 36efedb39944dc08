"""Dynos on their way out: SIGTERM, 30 seconds, SIGKILL."""

from __future__ import annotations

from dataclasses import dataclass

from localku.supervisor import lines
from localku.supervisor.dyno import Process, World


@dataclass(frozen=True)
class Leaving:
    name: str
    process: Process


class Retiring:
    """All processes that were told to stop and have not ended yet."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._leaving: list[Leaving] = []
        self._killed: set[str] = set()

    def __len__(self) -> int:
        return len(self._leaving)

    def add(self, name: str, process: Process) -> None:
        self._say(name, lines.STOPPING)
        process.terminate(self._world.context.clock.monotonic())
        self._leaving.append(Leaving(name, process))

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
        self._say(leaving.name, lines.exited(container.exit_status if container is not None else 137))
        leaving.process.remove()
        self._leaving.remove(leaving)
        self._killed.discard(leaving.process.container)

    def _hurry(self, leaving: Leaving) -> None:
        since = leaving.process.stopping_since or 0.0
        overdue = self._world.context.clock.monotonic() - since > self._world.limits.shutdown
        if overdue and leaving.process.container not in self._killed:
            self._killed.add(leaving.process.container)
            self._say(leaving.name, lines.R12)
            self._say(leaving.name, lines.STOPPING_HARD)
            leaving.process.kill()

    def _say(self, name: str, message: str) -> None:
        self._world.log.write("heroku", name, message)
