"""Brings apps up and takes them down at a client's wish: leases, the router's port, and what is wanted."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

from localku.control.messages import Brought
from localku.errors import Kind, LocalkuError
from localku.server.apps.ports_of_apps import AppPorts
from localku.server.apps.runners import STOP_SECONDS, Runners, stuck
from localku.states import Wanted

if TYPE_CHECKING:
    from localku.context import Context
    from localku.control.messages import Bring
    from localku.records import App
    from localku.telling import Say

_log = logging.getLogger(__name__)

RETURN_SECONDS = 10.0
"""Real seconds in which the client of a lease comes back to a control process that was killed."""


class BringingUp:
    """What clients may ask for of an app. Used by a thread for each connection."""

    def __init__(self, context: Context, runners: Runners, ports: AppPorts) -> None:
        self._context = context
        self._runners = runners
        self._ports = ports
        self._turn = threading.Lock()
        self._over: dict[str, threading.Event] = {}
        self._leases: set[str] = set()
        self._failures: dict[str, LocalkuError | None] = {}

    def bring(self, order: Bring, say: Say) -> Brought:
        """Have the app run: until `down`, or as long as the client holds its lease.

        An app that somebody else keeps up already is left to them: the client is attached, and holds no lease.
        """
        self._runners.settle(order.app)
        with self._turn:
            app = self._app(order.app)
            attached = order.lease and (app.wanted is Wanted.UP or app.uuid in self._leases)
            port = self._ports.given(app, order.port, say)
            if not attached:
                self._want(app, order)
        self._runners.look()
        return Brought(port, attached)

    def _want(self, app: App, order: Bring) -> None:
        self._over.setdefault(app.uuid, threading.Event()).clear()
        self._runners.admit(app.uuid)
        self._context.store.apps.set_cycling(app, order.cycle_every)
        self._context.store.apps.want(app, Wanted.LEASED if order.lease else Wanted.UP)
        if order.lease:
            self._leases.add(app.uuid)

    def let_go(self, uuid: str, say: Say) -> None:
        """End a lease: the app goes down, unless somebody has asked for it to stay up meanwhile."""
        with self._turn:
            self._leases.discard(uuid)
            app = self._context.store.apps.with_uuid(uuid)
            if app is None or app.wanted is not Wanted.LEASED:
                return
        try:
            self._context.store.apps.want(app, Wanted.DOWN)
        except LocalkuError as error:
            say(f" !     {error.message}")
        self.take_down(uuid, say)

    def take_down(self, uuid: str, say: Say) -> None:
        """Stop the app's dynos and databases whatever the store says, and wait for that."""
        self._runners.stop(uuid, say)
        if not self._runners.wait(uuid, STOP_SECONDS):
            app = self._context.store.apps.with_uuid(uuid)
            raise stuck(uuid if app is None else app.name)

    def ended(self, uuid: str) -> threading.Event:
        """Set while nobody runs the app any more that was brought up."""
        return self._over.setdefault(uuid, threading.Event())

    def failure(self, uuid: str) -> LocalkuError | None:
        """What has ended the app, if it was not meant to."""
        return self._failures.get(uuid)

    def is_over(self, app: App, failure: LocalkuError | None = None) -> None:
        """Take note that an app has wound up."""
        with self._turn:
            self._ports.freed(app)
            self._leases.discard(app.uuid)
            self._failures[app.uuid] = failure
            self.ended(app.uuid).set()

    def resume(self) -> None:
        """Have the apps listen that shall run, and end the leases whose clients do not come back in time."""
        for app in self._context.store.apps.all():
            if app.shall_run:
                self._listen_again(app)
        self._ports.keep_no_others()
        self._runners.resume()
        timer = threading.Timer(RETURN_SECONDS, self._end_lost_leases)
        timer.daemon = True
        timer.start()

    def _listen_again(self, app: App) -> None:
        try:
            self._ports.given(app, None, partial(_log.info, "%s: %s", app.name))
        except LocalkuError as error:  # its dynos run all the same; the next `up` tries again
            _log.warning("%s: %s", app.name, error.text())

    def _end_lost_leases(self) -> None:
        for app in self._context.store.apps.all():
            if app.wanted is Wanted.LEASED and app.uuid not in self._leases:
                try:
                    self.let_go(app.uuid, _log.info)
                except LocalkuError as error:
                    _log.warning("%s", error.text())

    def end_leases(self) -> None:
        """Want all apps down that are up for somebody's lease."""
        for app in self._context.store.apps.all():
            if app.wanted is Wanted.LEASED:
                self._context.store.apps.want(app, Wanted.DOWN)

    @property
    def is_needed(self) -> bool:
        """Whether an app shall run, or still does."""
        return bool(self._runners.running()) or any(app.shall_run for app in self._context.store.apps.all())

    def _app(self, uuid: str) -> App:
        app = self._context.store.apps.with_uuid(uuid)
        if app is None:
            raise LocalkuError("The app was destroyed.", kind=Kind.NOT_FOUND, resource="app")
        return app
