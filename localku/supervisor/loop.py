"""The loop that makes what runs match what is wanted. Everything it knows it can read again after `kill -9`."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from localku.clock import elapsed
from localku.dyno import dyno_lines
from localku.errors import LocalkuError
from localku.services.postgres.postgres_messages import PROC
from localku.states import DynoState
from localku.supervisor.database_logs import DatabaseLogs
from localku.supervisor.databases import EVERY, EVERY_WHERE_TOLD, Databases
from localku.supervisor.desired_state import DesiredState
from localku.supervisor.dynos import cycling
from localku.supervisor.dynos.adopting import adopt
from localku.supervisor.dynos.dyno import Dyno, fresh_record
from localku.supervisor.dynos.dyno_process import SupervisorContext
from localku.supervisor.dynos.idling import Idling
from localku.supervisor.dynos.kill_snapshot import KillSnapshot
from localku.supervisor.dynos.memory import Memory
from localku.supervisor.dynos.parting import Lost, Parting
from localku.supervisor.dynos.preboot import Preboot
from localku.supervisor.dynos.record_sink import Records
from localku.supervisor.dynos.retiring import Retiring
from localku.supervisor.output.journal import Journal
from localku.supervisor.output.pump import Pump
from localku.supervisor.retry_loop import ENGINE_SECONDS, Left, RetryLoop
from localku.supervisor.supervisor_limits import Limits

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App
    from localku.supervisor.output.rows import MakeRows

TICK = 0.1
"""Real seconds between two rounds while dynos start or stop."""

STEADY = 5.0
"""Platform seconds between two rounds of an app of which nothing is due before: more than that nobody oversleeps."""

QUICK, QUICK_TICK = 3.0, 0.01
"""Real seconds of a web dyno's boot in which rounds are so close together: most dynos bind their port by then."""

ROUND = 0.5
"""Real seconds of starting dynos after which the loop goes round before it starts more."""

LEAVE_SECONDS = 5.0
"""Real seconds for the output that is just being read to come into the log."""

HEROKU = Limits()


class Chore(Protocol):
    """What a supervisor does in each round beside keeping dynos up."""

    def step(self, dynos: Mapping[str, Dyno], desired: DesiredState) -> None:
        """Do what is due."""

    def due_in(self) -> float:
        """Platform seconds until it has something to do; a change of the app brings that on by itself."""

    def stop(self) -> bool:
        """End what it has begun; True when nothing of it runs any more."""


@dataclass(frozen=True)
class Support:
    """What others do for a supervisor.

    `tells_endings`: somebody follows the engine's events and calls `container_ended`. `engine_seconds`: so long an
    engine that went away is waited for.
    """

    tells_endings: bool = False
    engine_seconds: float = ENGINE_SECONDS


ALONE = Support()

MakeChore = Callable[[SupervisorContext, Retiring], Chore]


class Supervisor:
    """Runs the dynos of one app while its wanted state is `up`. Hold the app's supervisor lock around it."""

    def __init__(
        self,
        context: Context,
        app: App,
        limits: Limits = HEROKU,
        lost: Lost = lambda _report: None,
        chores: Iterable[MakeChore] = (),
        support: Support = ALONE,
    ) -> None:
        """`lost` is told of each dyno that stops, from another thread, what it had written.

        `chores` are done in each round in their order. `support` is what others do for it.
        """
        self._context = context
        self._app = app
        journal, self._records = Journal(context.log(app)), Records(context, app)
        snapshot, self._parting = KillSnapshot(context, app), Parting(context, app, lost)
        wake = threading.Event()

        self._pumps: WeakSet[Pump] = WeakSet()

        def listen(container: str, dyno: str, *, resume: bool) -> Pump:
            made = Pump(context.engine.containers, container, dyno, journal, wake.set, resume=resume)
            self._pumps.add(made)
            return made

        def hear(container: str, make: MakeRows) -> Pump:
            made = Pump(context.engine.containers, container, PROC, journal, lambda: None, resume=True, make=make)
            self._pumps.add(made)
            return made

        self._shared = SupervisorContext(
            context, app, journal, self._records, limits, wake, snapshot, self._parting, listen
        )
        self._databases = Databases(
            context,
            app,
            journal,
            EVERY_WHERE_TOLD if support.tells_endings else EVERY,
            DatabaseLogs(context, app, hear),
        )
        self._dynos: dict[str, Dyno] = {}
        self._retiring = Retiring(self._shared)
        self._memory = Memory(self._shared)
        self._preboot = Preboot(self._shared, self._retiring)
        self._idling = Idling(self._shared)
        self._chores = tuple(make(self._shared, self._retiring) for make in chores)
        self._retries = RetryLoop(self._shared, self._databases.doubt, support.engine_seconds)
        self._desired: DesiredState | None = None
        self._stopping = False
        self._seen = 0

    def stop(self) -> None:
        """Stop all dynos whatever is wanted, as at Ctrl-C; `run` returns when they have ended."""
        self._retries.stop()
        self.wake()

    def wake(self) -> None:
        """Go round now: the app has changed, or is asked for. From any thread."""
        self._shared.wake.set()

    def container_ended(self) -> None:
        """Go round now and look at the databases, too: a container of the app has ended. From any thread."""
        self._databases.look_soon()
        self.wake()

    def leave(self) -> None:
        """Follow the app no more, and let its dynos run on: `run` returns. From any thread."""
        self._retries.leave()
        self.wake()

    def run(self) -> None:
        """Adopt what runs already, then follow what is wanted until that is `down` and all is stopped.

        However it ends, nothing of it carries output any more then: another one may adopt what runs.
        """
        try:
            self._retries.until_done(self.adopt)
            while not self._retries.until_done(self.tick):
                self._pause()
            self._parting.wait()
        except Left:
            return
        finally:
            self._let_go()

    def _let_go(self) -> None:
        pumps = tuple(self._pumps)
        for pump in pumps:
            pump.let_go()
        deadline = time.monotonic() + LEAVE_SECONDS
        for pump in pumps:
            pump.join(max(deadline - time.monotonic(), 0))
        self._shared.log.close()
        self._retiring.close()

    def _pause(self) -> None:
        """Sleep until the next round is due, or somebody wakes it."""
        self._shared.wake.wait(self._seconds())
        self._shared.wake.clear()

    def _seconds(self) -> float:
        """Real seconds until the next round is due."""
        if self._boots_quickly():
            return QUICK_TICK
        return max(TICK, min(STEADY, self._due_in()) / self._shared.clock.scale)

    def _due_in(self) -> float:
        """Platform seconds until there is something to do; none while something is under way."""
        if self._desired is None or self._is_busy(self._desired) or self._has_changed():
            return 0.0
        clock, dynos = self._shared.clock, self._dynos.values()
        return min(
            self._databases.due_in(),
            self._memory.due_in(dynos),
            self._idling.due_in(self._dynos),
            *(dyno.due_in(clock) for dyno in dynos),
            *(cycling.due_in(dyno.record, self._shared.limits.cycling, clock) for dyno in dynos),
            *(chore.due_in() for chore in self._chores),
            math.inf,
        )

    def _is_busy(self, desired: DesiredState) -> bool:
        """Whether a dyno starts or stops, or something is to be tried again."""
        return (
            self._stopping
            or len(self._retiring) > 0
            or bool(self._preboot.names)
            or self._records.late
            or not self._databases.released
            or any(dyno.record.state is DynoState.STARTING for dyno in self._dynos.values())
            or any(name not in self._dynos or desired.replaces(self._dynos[name].record) for name in desired.entries)
        )

    def _has_changed(self) -> bool:
        """Whether the app has changed since the round began, by what was done in it, too."""
        try:
            return self._context.store.changes.number(self._app) != self._seen
        except LocalkuError:
            return True

    def _boots_quickly(self) -> bool:
        """Whether a web dyno may bind its port at any moment, and asking costs no more than a refused connection."""
        clock = self._shared.clock
        return self._context.engine.shares_host_network and any(
            dyno.boots and elapsed(clock, dyno.record.since) < QUICK * clock.scale for dyno in self._dynos.values()
        )

    def adopt(self) -> None:
        """Take over containers a killed supervisor left; those that are nobody's dyno any more are on their way out."""
        adopt(self._shared, self._dynos, self._retiring)

    def tick(self) -> bool:
        """Do one round; True when nothing is wanted and nothing runs any more."""
        self._seen = self._context.store.changes.number(self._app)
        app = self._context.store.apps.by_id(self._app.id)
        self._stopping = stopping = not app.shall_run or self._retries.stopped
        self._desired = desired = DesiredState.read(self._context, app, stopping=stopping)
        self._retries.complain(self._records.flush())
        for dyno in self._dynos.values():
            dyno.step()
        self._preboot.step()
        self._retiring.step()
        self._drop(desired)
        if not stopping:
            self._databases.look()
            self._replace()
            self._rest()
            self._memory.look(self._dynos.values())
            for chore in self._chores:
                chore.step(self._dynos, desired)
        try:
            self._bring_up(desired)
        finally:
            self._retiring.tell()
        return stopping and all(chore.stop() for chore in self._chores) and not self._dynos and not len(self._retiring)

    def _drop(self, desired: DesiredState) -> None:
        """Stop the dynos that are not wanted any more."""
        self._preboot.give_up(*(self._preboot.names - desired.entries.keys()))
        for name in sorted(self._dynos.keys() - desired.entries.keys()):
            dyno = self._dynos.pop(name)
            self._records.forget(name)
            self._retiring.add(dyno.record, dyno.go())

    def _replace(self) -> None:
        """Put dynos that preboot has made ready in the places of the old ones."""
        for name, successor in self._preboot.take().items():
            old, self._dynos[name] = self._dynos[name], successor
            successor.succeed(self._shared)
            self._retiring.add(old.record, old.release_process())

    def _rest(self) -> None:
        """Stop the dynos that have had their day, and those that nobody asks for."""
        for dyno in self._dynos.values():
            if cycling.due(dyno.record, self._shared.limits.cycling, self._shared.clock):
                self._retiring.add(dyno.record, dyno.lie_down(dyno_lines.CYCLING, DynoState.DOWN), dyno.lain_down)
        for dyno in self._idling.tired(self._dynos):
            self._retiring.add(dyno.record, dyno.lie_down(dyno_lines.IDLING, DynoState.IDLE), dyno.lain_down)

    def _bring_up(self, desired: DesiredState) -> None:
        """Start what shall run; a large formation in more than one round, for the others need looking after too.

        A fresh dyno starts when SIGTERM is on its way to the old one (Dev Center, "Dyno Shutdown Behavior"), so its
        container is made meanwhile.
        """
        began = self._context.clock.monotonic()
        for name in desired.entries:
            self._make_room(name, desired)
        self._parting.hold(booting=any(one.record.state == DynoState.STARTING for one in self._dynos.values()))
        self._retiring.begin()
        for name in desired.entries:
            self._keep(name, desired)
            if self._context.clock.monotonic() - began > ROUND * self._context.clock.scale:
                self._shared.wake.set()
                return

    def _make_room(self, name: str, desired: DesiredState) -> None:
        """Let a dyno go that is to be replaced, or begin what replaces it before."""
        dyno = self._dynos.get(name)
        if dyno is None or dyno.process is None or not desired.replaces(dyno.record):
            return
        if self._preboot.brings(name, desired) or not self._prepared(desired):
            return
        if self._preboot.suits(dyno, desired.entries[name]):
            self._preboot.begin(name, desired)
        elif self._retiring.full:
            self._shared.wake.set()
        else:
            self._preboot.give_up(name)
            self._retiring.add(dyno.record, dyno.step_aside())

    def _keep(self, name: str, desired: DesiredState) -> None:
        """Start a dyno that is missing, or due."""
        dyno = self._dynos.get(name)
        if dyno is None:
            dyno = self._dynos[name] = Dyno(self._shared, fresh_record(self._app, name, self._context.clock.now()))
        if self._idling.awaited(dyno):
            dyno.wake_up()
        if dyno.process is not None or not (desired.replaces(dyno.record) or dyno.due(self._context.clock.now())):
            return
        if self._prepared(desired):
            dyno.start(desired.order(name), desired.generation(name), partial(self._retiring.told, name))

    def _prepared(self, desired: DesiredState) -> bool:
        """Whether the databases run at the addresses that the release names; else a newer release follows."""
        self._databases.look(now=True)
        newest = self._context.store.releases.current(self._app)
        return (
            self._databases.released
            and newest is not None
            and desired.release is not None
            and newest.version == desired.release.version
        )
