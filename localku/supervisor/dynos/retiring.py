"""Dynos of the formation on their way out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from localku.dyno import dyno_lines
from localku.dyno.shutdown import Shutdown

if TYPE_CHECKING:
    from localku.records import DynoRecord
    from localku.supervisor.dynos.dyno_process import Process, SupervisorContext

AT_ONCE = 6
"""So many dynos are told to stop, or taken away, at the same time: the engine needs up to a second for each."""

PATIENCE = 0.01
"""Real seconds that a round waits for what has ended to be taken away; others may be starting."""

KILLED = 137
"""Exit status of a dyno whose container somebody has removed."""


Jobs = dict[str, Future[None]]
"""What is being done, by container."""


@dataclass(frozen=True)
class Leaving:
    dyno: DynoRecord
    process: Process
    ended: Callable[[], None]
    shutdown: Shutdown


class Retiring:
    """All processes that were told to stop and have not ended yet."""

    def __init__(self, shared: SupervisorContext) -> None:
        self._shared = shared
        self._leaving: list[Leaving] = []
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="retiring")
        self._telling: Jobs = {}
        self._taking: Jobs = {}

    def __len__(self) -> int:
        return len(self._leaving)

    def add(self, dyno: DynoRecord, process: Process | None, ended: Callable[[], None] = lambda: None) -> None:
        """Take a process over; `tell` tells it to stop, and `ended` is called when it has. No process: nothing."""
        if process is not None:
            leaving = self._take_over(dyno, process, ended)
            leaving.shutdown.announce()

    def adopt(self, dyno: DynoRecord, process: Process, *, runs: bool) -> None:
        """Take over what a killed supervisor was stopping, or had just replaced; one that has ended is only heard."""
        if runs:
            self.add(dyno, process)
        else:
            self._take_over(dyno, process, lambda: None).shutdown.count_as_told()

    def _take_over(self, dyno: DynoRecord, process: Process, ended: Callable[[], None]) -> Leaving:
        shutdown = Shutdown(
            self._shared.clock,
            partial(self._say, dyno),
            partial(self._shared.parting.stop, dyno, process.container),
            process.kill,
        )
        leaving = Leaving(dyno, process, ended, shutdown)
        self._leaving.append(leaving)
        return leaving

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def containers(self) -> frozenset[str]:
        return frozenset(one.process.container for one in self._leaving)

    def begin(self) -> None:
        """Let SIGTERM go to those that have not been told yet, and return at once; see `told`."""
        self._at_once(self._telling, lambda one: one.shutdown.tell(), [one for one in self._leaving if _untold(one)])

    def told(self, name: str) -> None:
        """Wait until the dynos of this name have been told, or could not be."""
        containers = [one.process.container for one in self._leaving if one.dyno.name == name]
        wait([self._telling[container] for container in containers if container in self._telling])

    @property
    def full(self) -> bool:
        """Whether as many are being told as can be at the same time."""
        return sum(map(_untold, self._leaving)) >= AT_ONCE

    def tell(self) -> None:
        """Send SIGTERM to those that have not been told yet; again in the next round where the engine is away."""
        self.begin()
        wait(self._telling.values())
        self._done(self._telling)

    def step(self) -> None:
        """Look at all of them once, and take away what has ended."""
        over = [one for one in self._leaving if one.process.output_over and one.process.exit_status is None]
        self._at_once(self._taking, self._take_away, over)
        wait(self._taking.values(), PATIENCE)
        self._done(self._taking)
        for leaving in tuple(self._leaving):
            status = leaving.process.exit_status
            if leaving.process.container in self._taking:
                continue
            if status is None:
                self._hurry(leaving)
            else:
                self._leaving.remove(leaving)
                self._say(leaving.dyno, dyno_lines.exited(status))
                leaving.ended()

    def _at_once(self, jobs: Jobs, work: Callable[[Leaving], None], those: list[Leaving]) -> None:
        """Begin the work for some of them; the others follow in the next round."""
        fresh = [one for one in those if one.process.container not in jobs]
        room = AT_ONCE - len(jobs)
        if len(fresh) > room:
            self._shared.wake.set()
        for leaving in fresh[:room]:
            jobs[leaving.process.container] = self._pool.submit(work, leaving)

    @staticmethod
    def _done(jobs: Jobs) -> None:
        """Forget what is done; then raise what went wrong with one."""
        done = [jobs.pop(container) for container, job in tuple(jobs.items()) if job.done()]
        for one in done:
            one.result()

    def _take_away(self, leaving: Leaving) -> None:
        """Remove what has ended; a process whose output broke off, and not the process, is left alone."""
        process = leaving.process
        container = process.look()
        process.unheard = container is not None and container.running
        if not process.unheard:
            process.flush()
            process.remove()
            process.exit_status = container.exit_status if container else KILLED

    def _hurry(self, leaving: Leaving) -> None:
        process = leaving.process
        if not process.killed and (process.unheard or not process.output_over):  # else it has only to be taken away
            leaving.shutdown.hurry()

    def _say(self, dyno: DynoRecord, message: str) -> None:
        self._shared.log.write("heroku", dyno.name, message)


def _untold(leaving: Leaving) -> bool:
    return not leaving.shutdown.told
