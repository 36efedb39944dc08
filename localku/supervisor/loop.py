"""The loop that makes what runs match what is wanted. Everything it knows it can read again after `kill -9`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from localku.engine import labels
from localku.engine.errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform import dyno_spec, formation, oneoff, sizes
from localku.platform.context import Context
from localku.platform.dyno_spec import DynoOrder
from localku.store.dynos import EVERY
from localku.store.records import App, FormationEntry, Release, Slug
from localku.supervisor import lines
from localku.supervisor.databases import Databases
from localku.supervisor.dyno import DOWN, Dyno, Process, World, fresh_record, heard_until
from localku.supervisor.journal import Journal
from localku.supervisor.limits import Limits
from localku.supervisor.records import Records
from localku.supervisor.retiring import Retiring
from localku.supervisor.witness import Witness

Result = TypeVar("Result")

TICK = 0.1
"""Seconds between two looks; an ending process wakes the loop at once."""

HEROKU = Limits()

ENGINE_PATIENCE = 120.0
"""Seconds the loop waits for an engine that went away, as it does when it is restarted."""

STOP_PATIENCE = 45.0
"""Seconds after which the loop gives up stopping dynos that it cannot stop: more than the 30 they have."""

LEFT = (
    "Dynos that still run there are taken over by the next `localku up -a {app}`, "
    "and stopped by `localku down -a {app}`, when the engine is back."
)


class Supervisor:
    """Runs the dynos of one app while its wanted state is `up`. Hold the app's supervisor lock around it."""

    def __init__(self, context: Context, app: App, limits: Limits = HEROKU) -> None:
        self._context = context
        self._app = app
        journal, self._records = Journal(context.log(app)), Records(context, app)
        self._world = World(context, app, journal, self._records, limits, threading.Event(), Witness(context, app))
        self._databases = Databases(context, app, journal)
        self._dynos: dict[str, Dyno] = {}
        self._retiring = Retiring(self._world)
        self._engine_lost_at: float | None = None
        self._stopped_at: float | None = None
        self._complaint: str | None = None

    def stop(self) -> None:
        """Stop all dynos whatever is wanted, as at Ctrl-C; `run` returns when they have ended."""
        self._stopped_at = self._context.clock.monotonic()
        self._world.wake.set()

    def run(self) -> None:
        """Adopt what runs already, then follow what is wanted until that is `down` and all is stopped."""
        self._patiently(self.adopt)
        while not self._patiently(self.tick):
            self._world.wake.wait(TICK)
            self._world.wake.clear()

    def adopt(self) -> None:
        """Take over containers a killed supervisor left; remove the ones that are nobody's dyno any more."""
        records = {record.name: record for record in self._context.store.dynos.of(self._app.id)}
        own = self._context.labels(self._app, labels.ROLE_DYNO)
        for container in self._context.engine.containers.find(own):
            name = container.labels.get(labels.DYNO, "")
            record = records.get(name)
            if container.labels.get(labels.TYPE) in oneoff.TYPES:
                oneoff.remove_if_orphan(self._context, container)
                continue
            if name in self._dynos and self._dynos[name].record.container == container.id:
                continue  # this is the second attempt: the engine went away during the first
            if record is None or record.container != container.id or container.status == "created":
                self._context.engine.containers.remove(container.id)
                continue
            process = Process(self._world, name, container.id, heard_until(self._world, name))
            self._dynos[name] = Dyno(self._world, record, process)
        for name, record in records.items():
            if name not in self._dynos:
                self._dynos[name] = Dyno(self._world, record)

    def tick(self) -> bool:
        """Do one round; True when nothing is wanted and nothing runs any more."""
        app = self._context.store.apps.by_id(self._app.id)
        stopping = app.wanted != "up" or self._stopped_at is not None
        release = self._context.store.releases.current(app)
        slug = self._context.store.releases.slug(release.slug_id) if release and release.slug_id else None
        wanted = {} if stopping else self._wanted(app, slug)
        self._complain(self._records.flush())
        for dyno in self._dynos.values():
            dyno.step()
        self._retiring.step()
        self._drop(set(self._dynos) - set(wanted))
        if not stopping:
            self._databases.look()
        if release is not None and slug is not None:
            self._bring_up(wanted, release, slug)
        return stopping and not self._dynos and not len(self._retiring)

    def _wanted(self, app: App, slug: Slug | None) -> dict[str, FormationEntry]:
        if slug is None:
            return {}
        entries = formation.wanted(self._context, app, slug.process_types)
        return {f"{entry.type}.{n}": entry for entry in entries for n in range(1, entry.quantity + 1)}

    def _drop(self, names: set[str]) -> None:
        for name in sorted(names):
            dyno = self._dynos.pop(name)
            self._records.forget(name)
            process = dyno.release_process()
            if process is not None:
                self._world.log.write("heroku", name, lines.changed(dyno.record.state, DOWN))
                self._retiring.add(name, process)

    def _bring_up(self, wanted: Mapping[str, FormationEntry], release: Release, slug: Slug) -> None:
        generations = self._context.store.dynos.generations(self._app.id)
        for name, entry in wanted.items():
            generation = generations.get(EVERY, 0) + generations.get(name, 0)
            dyno = self._dynos.get(name)
            if dyno is None:
                dyno = Dyno(self._world, fresh_record(self._app, name, self._context.clock.now()))
                self._dynos[name] = dyno
            self._keep(dyno, entry, generation, release, slug)

    def _keep(self, dyno: Dyno, entry: FormationEntry, generation: int, release: Release, slug: Slug) -> None:
        record = dyno.record
        stale = record.release != release.version or record.generation != generation or record.size != entry.size
        if dyno.process is not None and not stale:
            return
        if dyno.process is None and not stale and not dyno.due(self._context.clock.now()):
            return
        self._databases.look(now=True)
        newest = self._context.store.releases.current(self._app)
        if newest is not None and newest.version != release.version:
            return  # the database has moved, and so has DATABASE_URL: the next round starts the dyno with it
        leaving = dyno.release_process()
        if leaving is not None:
            self._world.log.write("heroku", record.name, lines.RESTARTING)
        try:
            dyno.start(self._order(record.name, entry, release, slug), generation)
        finally:
            if leaving is not None:
                self._retiring.add(record.name, leaving)

    def _order(self, name: str, entry: FormationEntry, release: Release, slug: Slug) -> DynoOrder:
        return DynoOrder(
            name=name,
            command=slug.process_types[entry.type],
            size=sizes.named(entry.size),
            release=release,
            slug=slug,
            port=dyno_spec.random_port(),
        )

    def _patiently(self, work: Callable[[], Result]) -> Result:
        """Do the work until it works: an engine that is restarted, a disk that is full are waited for."""
        while True:
            try:
                done = work()
            except EngineUnavailable as error:
                self._engine_lost(error)
            except LocalkuError as error:
                self._complain(error.message)
                if self._stopped_at is not None and self._since(self._stopped_at) > STOP_PATIENCE:
                    raise
            else:
                self._engine_returned()
                return done
            self._context.clock.sleep(1.0)

    def _engine_lost(self, error: EngineUnavailable) -> None:
        """Wait for an engine that went away; not when nothing is wanted of it but to stop the dynos."""
        if self._engine_lost_at is None:
            self._engine_lost_at = self._context.clock.monotonic()
            self._world.log.write("localku", "supervisor", f"{error.message} Waiting for it.")
        stopping = self._stopped_at is not None or self._context.store.apps.by_id(self._app.id).wanted != "up"
        if stopping or self._since(self._engine_lost_at) > ENGINE_PATIENCE:
            hint = f"{error.hint}\n{LEFT.format(app=self._app.name)}"
            raise EngineUnavailable(error.message, hint, status=error.status) from error

    def _engine_returned(self) -> None:
        if self._engine_lost_at is not None:
            self._engine_lost_at = None
            self._databases.doubt()
            self._world.log.write("localku", "supervisor", "The engine is back.")

    def _since(self, moment: float) -> float:
        return self._context.clock.monotonic() - moment

    def _complain(self, message: str | None) -> None:
        """Say once what keeps the loop from its work; None: nothing does any more."""
        if message is not None and message != self._complaint:
            self._world.log.write("localku", "supervisor", message)
        self._complaint = message
