"""Who reads the logs of the apps that are up: couriers to their drains, and the doctor."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.logs.progress import Progress
from localku.platform.dynos import running
from localku.supervisor.doctor_watch import DoctorWatch

if TYPE_CHECKING:
    from localku.context import Context
    from localku.doctor.evidence import Evidence
    from localku.logs.drains.couriers import Couriers
    from localku.records import App

JUST_NOW = timedelta(seconds=5)
"""How long an app may be up before it is noticed, on a machine that is busy; real time, as all here."""

RESUMED = timedelta(seconds=120)
"""What the doctor reads where apps are up already and it has not kept how far it was: at the server's start, mostly."""

PLACE = ("doctor", "place")
"""Folder in the app's folder and file that keep how far the doctor has read."""

PATIENCE = 5.0
"""Real seconds that the end waits for receivers; what they have not got then they get from the next process."""

_log = logging.getLogger(__name__)


class LogReaders:
    """Follows the store: which apps are up, and which drains they have. Everything here is called in one thread.

    `couriers` makes those of an app.
    """

    def __init__(self, context: Context, couriers: Callable[[App], Couriers]) -> None:
        self._context = context
        self._couriers = couriers
        self._doctor = _Doctor()
        self._readers: dict[int, _AppReader] = {}
        self._leaving: dict[int, _AppReader] = {}
        self._again: set[int] = set()
        """Apps to look at next time though nothing has changed in the store."""
        self._read_to = 0

    def follow(self) -> None:
        """Begin and end with apps as the store tells; an app that goes down is read until nobody runs it any more."""
        try:
            number, changed = self._context.store.changes.since(self._read_to)
        except LocalkuError:
            return  # the store is busy: the next look sees it
        since = self._context.clock.now() - (JUST_NOW if self._read_to else RESUMED)
        again, self._again = self._again, set()
        for app_id in again.union(changed):
            try:
                self._review(app_id, since)
            except Exception:  # noqa: BLE001 - logged, and tried again
                _log.exception("the log of app %s", app_id)  # the others' are none the worse for it
                self._again.add(app_id)
        self._read_to = number

    def read(self) -> bool:
        """Wake those for whom there is something in a log; whether there was anything."""
        return sum(reader.read() for reader in self._readers.values()) > 0

    def close(self) -> None:
        """Send what the logs hold by now, for as long as receivers have patience with."""
        leaving = [*self._readers.values(), *self._leaving.values()]
        for reader in leaving:
            reader.stop()
        until = time.monotonic() + PATIENCE
        for reader in leaving:
            reader.couriers.wait(until)

    def _review(self, app_id: int, since: datetime) -> None:
        app = self._context.store.apps.with_id(app_id)
        reader = self._readers.get(app_id)
        if app is not None and self._is_up(app):
            if not app.shall_run:
                self._again.add(app_id)
            if reader is not None:
                reader.look()
            else:
                self._begin(app, since)
        elif reader is not None:
            del self._readers[app_id]
            reader.stop(is_down=True)
            self._leaving[app_id] = reader

    def _is_up(self, app: App) -> bool:
        return app.shall_run or running.is_running(self._context, app) is not None

    def _begin(self, app: App, since: datetime) -> None:
        """Not before those have ended who read it when it was up last: nothing is sent twice."""
        left = self._leaving.pop(app.id, None)
        if left is not None and not left.couriers.ended:
            self._leaving[app.id] = left
            self._again.add(app.id)
            return
        self._readers[app.id] = _AppReader(self._context, app, self._couriers(app), self._doctor, since)


class _AppReader:
    def __init__(self, context: Context, app: App, couriers: Couriers, doctor: _Doctor, since: datetime) -> None:
        self.couriers = couriers
        self._doctor = doctor
        self._growth = context.log(app).growth()
        folder, name = PLACE
        progress = Progress(context.store.folder(app) / folder, name)
        self._watch = DoctorWatch(context, app, partial(_gathered, context, app.id), since, progress)
        self.couriers.look()

    def read(self) -> bool:
        grown = self._growth.since_last_look()
        if grown:
            self.couriers.stir()
        if grown or self._watch.troubled:
            self._doctor.visit(self._watch)
        return grown

    def look(self) -> None:
        """The app has changed in the store."""
        self.couriers.look()
        self._watch.app_has_changed()

    def stop(self, *, is_down: bool = False) -> None:
        self.couriers.stop()
        self._doctor.leave(self._watch.forget if is_down else self._watch.close)


class _Doctor:
    """Looks for causes in a thread of its own, one app after the other: it may take long, and drains do not wait."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._called: set[DoctorWatch] = set()
        threading.Thread(target=self._run, name="doctor", daemon=True).start()

    def visit(self, watch: DoctorWatch) -> None:
        if watch not in self._called:
            self._called.add(watch)
            self._waiting.put(partial(self._step, watch))

    def leave(self, farewell: Callable[[], None]) -> None:
        self._waiting.put(farewell)

    def _step(self, watch: DoctorWatch) -> None:
        self._called.discard(watch)  # before it reads: what is written meanwhile calls it again
        watch.step()

    def _run(self) -> None:
        while True:
            self._waiting.get()()


def _gathered(context: Context, app_id: int) -> tuple[Evidence, ...]:
    """What the doctor looks at; imported when there is trouble."""
    from localku.platform.diagnosis import gather_running

    return gather_running(context, context.store.apps.by_id(app_id))
