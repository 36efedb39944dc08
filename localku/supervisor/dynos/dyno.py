"""One place in the formation, such as `web.1`, and the states it goes through (Dev Center, "Dynos")."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from localku.clock import after, elapsed
from localku.dyno import dyno_lines, dyno_sizes, dyno_spec, memory_quota
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.records import App, DynoRecord
from localku.states import DynoState
from localku.supervisor.dynos import probe
from localku.supervisor.dynos.dyno_process import Process, SupervisorContext

if TYPE_CHECKING:
    from localku.clock import Clock
    from localku.dyno.dyno_order import DynoOrder
    from localku.supervisor.dynos.kill_snapshot import Look

NEVER_STARTED = 127
"""Exit status of a dyno whose container could not be started."""

AS_LOGGED = {DynoState.PROVISIONING: DynoState.STARTING, DynoState.IDLE: DynoState.DOWN}
"""Heroku's log has nothing of the first state of a dyno, and calls one that sleeps `down`."""


class Dyno:
    """Starts, probes, notices the end of, and replaces its process."""

    def __init__(
        self,
        shared: SupervisorContext,
        record: DynoRecord,
        process: Process | None = None,
        told: DynoState | None = None,
    ) -> None:
        """`told` is the state that the log knows of, where that is not the record's."""
        self.record = record
        self.process = process
        self.stopping = False
        """Whether its last process is still on its way out, and the next has to wait for that."""
        self._shared = shared
        self._told = told or AS_LOGGED.get(record.state, record.state)
        self._address: tuple[str, int] | None = None
        self._look: Look | None = None

    def start(self, order: DynoOrder, generation: int, room: Callable[[], None] = lambda: None) -> None:
        """Make and start a container for the order; a container that cannot start counts as a crash.

        `room` waits between the two until those that leave have been told so. An engine that went away is raised,
        and the next `start` begins again.
        """
        if self.record.container is not None:  # half made when the engine went away
            self._shared.context.engine.containers.remove(self.record.container)
        self._tell(DynoState.STARTING)
        made = self._create(order)
        room()
        self._begin(order, generation, made if isinstance(made, str) else None)
        failure = self._launch(made) if isinstance(made, str) else made
        if failure is not None:
            self._say_own(failure.text())
            self._crashed(NEVER_STARTED)
        elif self.record.type != "web":
            self._become(DynoState.UP)

    def _create(self, order: DynoOrder) -> str | LocalkuError:
        try:
            return dyno_spec.create(self._shared.context, self._shared.app, order)
        except EngineUnavailable:
            raise
        except LocalkuError as error:
            return error

    def _begin(self, order: DynoOrder, generation: int, container: str | None) -> None:
        before, wanted = self.record, (order.release.version, generation)
        self._say(dyno_lines.starting(_expanded(order)))
        self._address, self._look, self.stopping = None, None, False
        self._save(
            state=DynoState.STARTING,
            release=order.release.version,
            size=order.size.name,
            command=order.command,
            container=container,
            host=None,
            port=order.port,
            exit_status=None,
            crashes=before.crashes if wanted == (before.release, before.generation) else 0,
            retry_at=None,
            generation=generation,
            since=self._shared.clock.now(),
        )

    def _launch(self, container: str) -> LocalkuError | None:
        containers = self._shared.context.engine.containers
        try:
            containers.start(container)
        except EngineUnavailable:
            raise
        except LocalkuError as error:
            containers.remove(container)
            return error
        self.process = Process(self._shared, self.record.name, container)
        return None

    def step(self) -> None:
        """Look at the process once and follow what happened to it."""
        if self.process is None:
            return
        if self.process.output_over:
            self._ended(self.process)
        elif self.boots and self.record.type == "web":
            self._probe(self.process)
        elif self.boots:  # adopted from a localku that was killed between its start and its record
            self._become(DynoState.UP)

    @property
    def boots(self) -> bool:
        """Whether its process runs and is not up yet."""
        return self.process is not None and self.record.state == DynoState.STARTING

    def due(self, now: datetime) -> bool:
        """Whether a dyno without a process may be started now."""
        if self.process is not None or self.stopping or self.record.state == DynoState.IDLE:
            return False
        return self.record.retry_at is None or now >= self.record.retry_at

    def due_in(self, clock: Clock) -> float:
        """Platform seconds until `due`."""
        if self.due(clock.now()):
            return 0.0
        waits = self.process is None and not self.stopping and self.record.state != DynoState.IDLE
        return -elapsed(clock, self.record.retry_at) if waits and self.record.retry_at else math.inf

    def step_aside(self) -> Process | None:
        """Hand the process over to be stopped, for a fresh one to start meanwhile."""
        self._say(dyno_lines.RESTARTING)
        self._tell(DynoState.STARTING)
        return self._hand_over(DynoState.STARTING)

    def lie_down(self, word: str, state: DynoState) -> Process | None:
        """Hand the process over to be stopped; nothing starts before that has ended, see `lain_down`.

        The record says `state` at once: a supervisor that is killed now leaves a container that is nobody's dyno.
        """
        self._say(word)
        self.stopping = self.process is not None
        if not self.stopping:
            self._tell(state)
        return self._hand_over(state)

    def lain_down(self) -> None:
        """The process that lay down has ended."""
        if self.stopping:  # it may have been replaced meanwhile
            self.stopping = False
            self._tell(self.record.state)

    def wake_up(self) -> None:
        """End the sleep of an eco dyno: it is due from now on."""
        self._say(dyno_lines.UNIDLING)
        self._save(state=DynoState.DOWN)

    def go(self) -> Process | None:
        """Hand the process over to be stopped for good."""
        if self.process is not None:
            self._tell(DynoState.DOWN)
        return self.release_process()

    def release_process(self) -> Process | None:
        """Hand the process over without a word."""
        process, self.process = self.process, None
        return process

    def succeed(self, shared: SupervisorContext) -> None:
        """Take a place in the formation: its record is kept from now on."""
        self._shared = shared
        self._save()

    def _hand_over(self, state: DynoState) -> Process | None:
        process = self.release_process()
        self._save(state=state, since=self._shared.clock.now(), container=None, host=None, crashes=0, retry_at=None)
        return process

    def _probe(self, process: Process) -> None:
        if process.killed:
            return
        engine, port = self._shared.context.engine, self.record.port or 0
        address = self._address or self._find_address(process, port)
        if address is not None and probe.accepts(engine, process.container, address, port):
            self._save(host=address[0], port=address[1])
            self._become(DynoState.UP)
        elif elapsed(self._shared.clock, self.record.since) > self._shared.limits.boot:
            self._time_out(process)

    def _time_out(self, process: Process) -> None:
        """Kill it once it is known what it listens on, which the doctor tells."""
        self._look = self._look or self._shared.snapshot.look(self.record)
        if self._look.over():
            process.kill()
            self._say(dyno_lines.R10)
            self._say(dyno_lines.STOPPING_HARD)

    def _find_address(self, process: Process, port: int) -> tuple[str, int] | None:
        """Ask the engine, which is slow, so once only where the container itself need not be asked after."""
        container, direct = process.look(), self._shared.context.engine.shares_host_network
        if container is None or not container.running:
            return None
        found = probe.reachable(container, port, direct=direct)
        self._address = found if direct else None
        return found

    def _ended(self, process: Process) -> None:
        container = process.look()
        if container is not None and container.running:
            # the output broke off but the process lives: the engine was restarted under us
            self.process = Process(self._shared, self.record.name, process.container, resume=True)
            return
        process.flush()
        process.remove()
        self.process = None
        status = container.exit_status if container is not None else 137
        if container is not None and container.oom_killed and not process.killed:
            for line in memory_quota.out_of_memory(dyno_sizes.named(self.record.size)):
                self._say(line)
        self._say(dyno_lines.exited(status))
        self._crashed(status)

    def _crashed(self, status: int) -> None:
        clock, limits = self._shared.clock, self._shared.limits
        stable = self.record.state == DynoState.UP and elapsed(clock, self.record.since) > limits.stable
        crashes = 1 if stable else self.record.crashes + 1
        wait = limits.retry_after(crashes)
        self._tell(DynoState.CRASHED)
        self._save(
            state=DynoState.CRASHED if wait else DynoState.STARTING,  # at once: requests that are held stay held
            since=clock.now(),
            crashes=crashes,
            exit_status=status,
            container=None,
            host=None,
            retry_at=after(clock, wait) if wait else None,
        )
        if wait:
            self._say_own(f"next attempt in {wait:.0f} s (crashed {crashes} times)")

    def _become(self, state: DynoState) -> None:
        self._tell(state)
        self._save(state=state, since=self._shared.clock.now())

    def _tell(self, state: DynoState) -> None:
        """Log the change from the state that was logged last, if it is one."""
        shown = AS_LOGGED.get(state, state)
        if shown != self._told:
            self._say(dyno_lines.changed(self._told, shown))
        self._told = shown

    def _save(self, **changes: object) -> None:
        self.record = replace(self.record, **changes)  # type: ignore[arg-type]
        self._shared.records.save(self.record)

    def _say(self, message: str) -> None:
        self._shared.log.write("heroku", self.record.name, message)

    def _say_own(self, message: str) -> None:
        """What Heroku has no words for."""
        self._shared.log.write("localku", self.record.name, message)


def fresh_record(app: App, name: str, now: datetime) -> DynoRecord:
    return DynoRecord(
        app_id=app.id,
        name=name,
        type=name.partition(".")[0],
        state=DynoState.PROVISIONING,
        release=0,
        size="",
        command="",
        container=None,
        host=None,
        port=None,
        since=now,
        exit_status=None,
        crashes=0,
        retry_at=None,
        generation=0,
    )


def _expanded(order: DynoOrder) -> str:
    """Show the command as Heroku logs it: with $PORT filled in; other config vars stay names."""
    return order.command.replace("${PORT}", str(order.port)).replace("$PORT", str(order.port))
