"""One dyno: its container, and the states it goes through."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from localku.engine.containers import Container
from localku.engine.errors import EngineUnavailable, NotFound
from localku.errors import LocalkuError
from localku.platform import dyno_spec
from localku.platform.context import Context
from localku.platform.dyno_spec import DynoOrder
from localku.store.records import App, DynoRecord
from localku.supervisor import lines, probe
from localku.supervisor.journal import Journal
from localku.supervisor.limits import Limits
from localku.supervisor.pump import Pump
from localku.supervisor.records import Records
from localku.supervisor.witness import Witness

NEVER_STARTED = 127
"""Exit status of a dyno whose container could not be started."""

STARTING, UP, CRASHED, DOWN = "starting", "up", "crashed", "down"


@dataclass(frozen=True)
class World:
    """What all dynos of an app share. `wake` makes the supervisor look again at once."""

    context: Context
    app: App
    log: Journal
    records: Records
    limits: Limits
    wake: threading.Event
    witness: Witness


class Process:
    """A running container with the pump of its output."""

    def __init__(self, world: World, name: str, container: str, since: datetime | None) -> None:
        self.container = container
        self.stopping_since: float | None = None
        self.killed = False
        self._world = world
        self._pump = Pump(world.context.engine.containers, container, name, world.log, since, world.wake.set)
        self._pump.start()

    @property
    def output_over(self) -> bool:
        return self._pump.over.is_set()

    def flush(self) -> None:
        """Wait until what the process printed last is in the log."""
        self._pump.join(timeout=5)

    def look(self) -> Container | None:
        """Ask the engine; None when the container is gone."""
        try:
            return self._world.context.engine.containers.inspect(self.container)
        except NotFound:
            return None

    def terminate(self, now: float) -> None:
        """Send SIGTERM to every process of the dyno, as Heroku does, not just to the first."""
        if not self._signal_all():
            self._world.context.engine.containers.kill(self.container, "TERM")
        self.stopping_since = now

    def _signal_all(self) -> bool:
        try:
            done = self._world.context.engine.containers.exec(self.container, ["/bin/bash", "-c", "kill -TERM -1"])
        except LocalkuError:
            return False
        return done.exit_status == 0

    def kill(self) -> None:
        """Send SIGKILL; `killed` says from then on that there is nothing more to do but wait for the end."""
        self._world.context.engine.containers.kill(self.container)
        self.killed = True

    def remove(self) -> None:
        self._world.context.engine.containers.remove(self.container)


class Dyno:
    """A place in the formation, such as `web.1`: starts, probes, notices the end of, and replaces its process."""

    def __init__(self, world: World, record: DynoRecord, process: Process | None = None) -> None:
        self.record = record
        self.process = process
        self._world = world
        self._launched = world.context.clock.monotonic()
        self._retry: float | None = None

    def start(self, order: DynoOrder, generation: int) -> None:
        """Make and start a container for the order; a container that cannot start counts as a crash.

        An engine that went away is raised, and the next `start` begins again.
        """
        if self.record.container is not None:  # half made when the engine went away
            self._world.context.engine.containers.remove(self.record.container)
        made = self._create(order)
        self._begin(order, generation, made if isinstance(made, str) else None)
        failure = self._launch(made) if isinstance(made, str) else made
        if failure is not None:
            self._say_own(f"{failure.message}\n{failure.hint}".strip())
            self._crashed(NEVER_STARTED)
        elif self.record.type != "web":
            self._become(UP)

    def _create(self, order: DynoOrder) -> str | LocalkuError:
        try:
            return dyno_spec.create(self._world.context, self._world.app, order)
        except EngineUnavailable:
            raise
        except LocalkuError as error:
            return error

    def _begin(self, order: DynoOrder, generation: int, container: str | None) -> None:
        before, clock = self.record, self._world.context.clock
        if before.state not in {STARTING, DOWN}:
            self._say(lines.changed(before.state, STARTING))
        self._say(lines.starting(_expanded(order)))
        self._launched = clock.monotonic()
        wanted = (order.release.version, generation)
        self._save(
            state=STARTING,
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
            since=clock.now(),
        )

    def _launch(self, container: str) -> LocalkuError | None:
        containers = self._world.context.engine.containers
        try:
            containers.start(container)
        except EngineUnavailable:
            raise
        except LocalkuError as error:
            containers.remove(container)
            return error
        self.process = Process(self._world, self.record.name, container, None)
        return None

    def step(self) -> None:
        """Look at the process once and follow what happened to it."""
        if self.process is None:
            return
        if self.process.output_over:
            self._ended(self.process)
        elif self.record.state == STARTING:
            self._probe(self.process)

    def due(self, now: datetime) -> bool:
        """Whether a dyno without a process may be tried (again)."""
        if self._retry is not None and self._world.context.clock.monotonic() >= self._retry:
            return self.process is None
        return self.process is None and (self.record.retry_at is None or now >= self.record.retry_at)

    def release_process(self) -> Process | None:
        """Hand the running process over to be stopped."""
        process, self.process = self.process, None
        if process is not None:
            self.record = replace(self.record, container=None)
        return process

    def _probe(self, process: Process) -> None:
        engine, port = self._world.context.engine, self.record.port or 0
        if process.killed:
            return
        if self._world.context.clock.monotonic() - self._launched > self._world.limits.boot:
            self._world.witness.before_kill(self.record)
            process.kill()
            self._say(lines.R10)
            self._say(lines.STOPPING_HARD)
            return
        container = process.look()
        if container is None or not container.running:
            return
        address = probe.reachable(container, port, direct=engine.shares_host_network)
        if address is not None and probe.accepts(engine, process.container, address, port):
            self._save(host=address[0], port=address[1])
            self._become(UP)

    def _ended(self, process: Process) -> None:
        container = process.look()
        if container is not None and container.running:
            # the output broke off but the process lives: the engine was restarted under us
            self.process = Process(
                self._world, self.record.name, process.container, heard_until(self._world, self.record.name)
            )
            return
        process.flush()
        self._world.witness.before_removal(self.record.name, container)
        process.remove()
        self.process = None
        status = container.exit_status if container is not None else 137
        if container is not None and container.oom_killed:
            self._say(lines.R15)
            self._say(lines.STOPPING_HARD)
        self._say(lines.exited(status))
        self._crashed(status)

    def _crashed(self, status: int) -> None:
        world, now = self._world, self._world.context.clock.now()
        stable = self.record.state == UP and now - self.record.since > timedelta(seconds=world.limits.stable)
        crashes = 1 if stable else self.record.crashes + 1
        wait = world.limits.retry_after(crashes)
        self._retry = world.context.clock.monotonic() + wait if wait else None
        self._become(CRASHED)
        self._save(
            crashes=crashes,
            exit_status=status,
            container=None,
            host=None,
            retry_at=now + timedelta(seconds=wait) if wait else None,
        )
        if wait:
            self._say_own(f"next attempt in {wait:.0f} s (crashed {crashes} times)")

    def _become(self, state: str) -> None:
        if state != self.record.state:
            self._say(lines.changed(self.record.state, state))
        self._save(state=state, since=self._world.context.clock.now())

    def _save(self, **changes: object) -> None:
        self.record = replace(self.record, **changes)  # type: ignore[arg-type]
        self._world.records.save(self.record)

    def _say(self, message: str) -> None:
        self._world.log.write("heroku", self.record.name, message)

    def _say_own(self, message: str) -> None:
        """What Heroku has no words for."""
        self._world.log.write("localku", self.record.name, message)


def heard_until(world: World, name: str) -> datetime | None:
    """The moment after the last thing the log has of a dyno's output, which is where to go on listening."""
    recent = world.log.history(1, source="app", proc=name)
    return recent[-1].time + timedelta(microseconds=1) if recent else None


def fresh_record(app: App, name: str, now: datetime) -> DynoRecord:
    return DynoRecord(
        app_id=app.id,
        name=name,
        type=name.partition(".")[0],
        state=DOWN,
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
