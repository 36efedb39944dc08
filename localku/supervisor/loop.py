"""The loop that makes what runs match what is wanted. Everything it knows it can read again after `kill -9`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from localku.dyno import dyno_lines
from localku.states import DynoState, Wanted
from localku.supervisor import cycling
from localku.supervisor.adopting import adopt
from localku.supervisor.chaos_dynos import Chaos
from localku.supervisor.databases import Databases
from localku.supervisor.desired_state import DesiredState
from localku.supervisor.dyno import Dyno, fresh_record
from localku.supervisor.dyno_process import SupervisorContext
from localku.supervisor.idling import Idling
from localku.supervisor.kill_snapshot import KillSnapshot
from localku.supervisor.memory import Memory
from localku.supervisor.output.journal import Journal
from localku.supervisor.parting import Lost, Parting
from localku.supervisor.preboot import Preboot
from localku.supervisor.record_sink import Records
from localku.supervisor.retiring import Retiring
from localku.supervisor.retry_loop import RetryLoop
from localku.supervisor.scheduler import Scheduler
from localku.supervisor.supervisor_limits import Limits
from localku.supervisor.sweeping import Sweeping

if TYPE_CHECKING:
    from localku.context import Context
    from localku.store.records import App

TICK = 0.1
"""Seconds between two looks; an ending process wakes the loop at once."""

ROUND = 0.5
"""Real seconds of starting dynos after which the loop goes round before it starts more."""

HEROKU = Limits()


class Supervisor:
    """Runs the dynos of one app while its wanted state is `up`. Hold the app's supervisor lock around it."""

    def __init__(self, context: Context, app: App, limits: Limits = HEROKU, lost: Lost = lambda _report: None) -> None:
        """`lost` is told of each dyno that stops, from another thread, what it had written."""
        self._context = context
        self._app = app
        journal, self._records = Journal(context.log(app)), Records(context, app)
        snapshot, self._parting = KillSnapshot(context, app), Parting(context, app, lost)
        self._shared = SupervisorContext(
            context, app, journal, self._records, limits, threading.Event(), snapshot, self._parting
        )
        self._databases = Databases(context, app, journal)
        self._dynos: dict[str, Dyno] = {}
        self._retiring = Retiring(self._shared)
        self._memory = Memory(self._shared)
        self._preboot = Preboot(self._shared, self._retiring)
        self._idling = Idling(self._shared)
        self._scheduler = Scheduler(self._shared)
        self._sweeping = Sweeping(self._shared)
        self._chaos = Chaos(self._shared, self._retiring)
        self._retries = RetryLoop(self._shared, self._databases.doubt)

    def stop(self) -> None:
        """Stop all dynos whatever is wanted, as at Ctrl-C; `run` returns when they have ended."""
        self._retries.stop()
        self._shared.wake.set()

    def run(self) -> None:
        """Adopt what runs already, then follow what is wanted until that is `down` and all is stopped."""
        self._retries.until_done(self.adopt)
        while not self._retries.until_done(self.tick):
            self._shared.wake.wait(TICK)
            self._shared.wake.clear()
        self._parting.wait()

    def adopt(self) -> None:
        """Take over containers a killed supervisor left; those that are nobody's dyno any more are on their way out."""
        adopt(self._shared, self._dynos, self._retiring)

    def tick(self) -> bool:
        """Do one round; True when nothing is wanted and nothing runs any more."""
        app = self._context.store.apps.by_id(self._app.id)
        stopping = app.wanted is not Wanted.UP or self._retries.stopped
        desired = DesiredState.read(self._context, app, stopping=stopping)
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
            self._chaos.step(self._dynos)
            self._scheduler.step(desired)
            self._sweeping.step()
        try:
            self._bring_up(desired)
        finally:
            self._retiring.tell()
        return stopping and self._scheduler.stop() and not self._dynos and not len(self._retiring)

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
        """Start what shall run; a large formation in more than one round, for the others need looking after too."""
        began = self._context.clock.monotonic()
        for name in desired.entries:
            self._keep(name, desired)
            if self._context.clock.monotonic() - began > ROUND * self._context.clock.scale:
                self._shared.wake.set()
                return

    def _keep(self, name: str, desired: DesiredState) -> None:
        """Start a dyno that is missing, due, or to be replaced."""
        dyno = self._dynos.get(name)
        if dyno is None:
            dyno = self._dynos[name] = Dyno(self._shared, fresh_record(self._app, name, self._context.clock.now()))
        if self._idling.awaited(dyno):
            dyno.wake_up()
        if not desired.replaces(dyno.record):
            if dyno.due(self._context.clock.now()) and self._prepared(desired):
                dyno.start(desired.order(name), desired.generation(name))
            return
        if self._preboot.brings(name, desired) or not self._prepared(desired):
            return
        if dyno.process is None:
            dyno.start(desired.order(name), desired.generation(name))
        elif self._preboot.suits(dyno, desired.entries[name]):
            self._preboot.begin(name, desired)
        else:  # the fresh one starts in the next round, which the old one's end brings on at once
            self._preboot.give_up(name)
            self._retiring.add(dyno.record, dyno.step_aside())

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
