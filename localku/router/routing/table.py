"""Routes read from the store: which app a host means, and which of its web dynos are up."""

from __future__ import annotations

import time
from collections.abc import Callable

from localku.context import Context
from localku.errors import LocalkuError
from localku.logs.app_log import AppLog
from localku.platform.dynos import formation
from localku.records import App, DynoRecord
from localku.router.log import BatchedLog
from localku.router.routing.app_hosts import Hosts, own_names
from localku.router.routing.app_ports import Ports
from localku.router.routing.routes import AppState, Backend, Route
from localku.states import DynoState

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that mean this machine, and an app that the port tells."""

FRESH = 0.01
"""Seconds a look at the store serves all requests."""
NOTED = 1.0
"""Seconds of requests that one note of them stands for."""


class StoreRoutes:
    """Looks hosts up in the store. Used by the router's one thread only, but for `names`.

    Only apps that have changed are read again, however many others there are. `ring` is called with the UUID of an app
    that is asked for while all its web dynos sleep.
    """

    def __init__(self, context: Context, ring: Callable[[str], None] = lambda _uuid: None) -> None:
        self._context = context
        self._ring = ring
        self._hosts = Hosts()
        self._ports = Ports()
        self._routes: dict[str, Route] = {}
        self._asleep: set[str] = set()
        self._uuids: dict[int, str] = {}
        self._read_at = 0.0
        self._read_to = 0
        self._noted: dict[str, float] = {}

    def find(self, host: str, port: int = 0) -> Route | None:
        """Return the app that has this domain; of `localhost` and its addresses the one that has this port."""
        self.refresh()
        found = self._app_of(host, port)
        if found is None:
            return None
        self._note(found)
        return self._routes[found]

    def _note(self, app: str) -> None:
        """Leave word that the app is asked for: that keeps eco dynos awake, and wakes them."""
        now = time.monotonic()
        if now - self._noted.get(app, 0.0) > NOTED:
            self._noted[app] = now
            self._context.store.traffic.seen(app, self._context.clock.now())
            if app in self._asleep:
                self._ring(app)

    def _app_of(self, host: str, port: int) -> str | None:
        found = self._hosts.app_of(host)
        return self._ports.app_of(port) if found is None and host in LOCAL else found

    def knows(self, name: str) -> bool:
        """Whether an app has this domain, which then needs a certificate."""
        self.refresh()
        return self._hosts.app_of(name) is not None

    def names(self) -> tuple[str, ...]:
        """All domains that need a certificate, those in `localhost` apart. May be called in any thread."""
        return names_beyond_localhost(self._context)

    def refresh(self) -> None:
        """Read what has changed, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._read_at < FRESH:
            return
        self._read_at = now
        try:
            self._read()
        except LocalkuError:
            return  # the store is busy or its disk full: the routes of a moment ago still serve

    def _read(self) -> None:
        number, changed = self._context.store.changes.since(self._read_to)
        for app_id in changed:
            self._read_app(app_id)
        self._read_to = number

    def _read_app(self, app_id: int) -> None:
        app = self._context.store.apps.with_id(app_id)
        if app is None:
            self._forget(app_id)
            return
        web = [dyno for dyno in self._context.store.dynos.of(app.id) if dyno.type == "web"]
        route, custom = self._route(app, web), [one.hostname for one in self._context.store.domains.of(app)]
        slept = app.uuid in self._asleep
        self._forget(app_id)  # all of it is read: what cannot be read leaves the old route
        self._uuids[app_id], self._routes[app.uuid] = app.uuid, route
        self._hosts.add(app, custom)
        self._ports.add(app)
        if web and all(dyno.state is DynoState.IDLE for dyno in web):
            self._asleep.add(app.uuid)
            if not slept:
                self._noted.pop(app.uuid, None)  # what was noted before they slept wakes nobody

    def _forget(self, app_id: int) -> None:
        uuid = self._uuids.pop(app_id, None)
        if uuid is not None:
            del self._routes[uuid]
            self._asleep.discard(uuid)
            self._ports.remove(uuid)
            self._hosts.remove(uuid)

    def _route(self, app: App, dynos: list[DynoRecord]) -> Route:
        store = self._context.store
        slug = store.releases.current_slug(app)
        config = store.apps.config(app)
        features = store.features.of(app)
        up = tuple(
            Backend(dyno.name, dyno.host, dyno.port) for dyno in dynos if _is_up(dyno) and dyno.host and dyno.port
        )
        types = slug.process_types if slug else {}
        web = sum(entry.quantity for entry in formation.desired(self._context, app, types) if entry.type == "web")
        return Route(
            app=app.uuid,
            state=_state(app, has_slug=slug is not None, web=web, dynos=dynos),
            backends=up,
            error_page_url=config.get("ERROR_PAGE_URL"),
            maintenance_page_url=config.get("MAINTENANCE_PAGE_URL"),
            web_dynos=max(web, 1),
            keep_alive="http-disable-keepalive-to-dyno" not in features,
            end_to_end_continue="http-end-to-end-continue" in features,
            session_affinity="http-session-affinity" in features,
            name=app.name,
        )


def names_beyond_localhost(context: Context) -> tuple[str, ...]:
    """Every name that an app answers to and that needs a certificate of its own."""
    own = [name for app in context.store.apps.all() for name in own_names(app)]
    custom = [one.hostname for one in context.store.domains.all()]
    return tuple(name for name in (*custom, *own) if not name.endswith(".localhost"))


def _is_up(dyno: DynoRecord) -> bool:
    return dyno.state is DynoState.UP


def _state(app: App, *, has_slug: bool, web: int, dynos: list[DynoRecord]) -> AppState:
    if app.maintenance:
        return AppState.MAINTENANCE
    if not has_slug:
        return AppState.BLANK
    if web == 0 or not app.shall_run:
        return AppState.NO_WEB
    if any(_is_up(dyno) for dyno in dynos):
        return AppState.UP
    if dynos and all(dyno.state is DynoState.CRASHED for dyno in dynos):
        return AppState.CRASHED
    return AppState.STARTING


def store_log(context: Context) -> BatchedLog:
    """Writes router lines into the log of the app they are about."""

    def find(uuid: str) -> AppLog | None:
        app = context.store.apps.with_uuid(uuid)
        return context.log(app) if app else None

    return BatchedLog(find, context.clock)
