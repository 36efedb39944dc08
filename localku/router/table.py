"""Routes read from the store: which app a host means, and which of its web dynos are up.

A host is a custom domain, or one of the app's own names, or falls under a wildcard domain: in this order.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from localku.context import Context
from localku.errors import LocalkuError
from localku.logs.app_log import AppLog
from localku.platform.dynos import formation
from localku.router.log import BatchedLog
from localku.router.routes import AppState, Backend, Route
from localku.states import DynoState, Wanted
from localku.store.records import App, DynoRecord

SUFFIXES = (".localhost", ".herokuapp.com", ".localku")
"""What an app's name may have after it; its default domain is `APP-1234567890ab.herokuapp.com`."""

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that mean this machine, and the app where only one runs."""

FRESH = 0.05
"""Seconds a look at the store serves all requests."""
NOTED = 1.0
"""Seconds of requests that one note of them stands for."""


class StoreRoutes:
    """Looks hosts up in the store. Used by the router's one thread only, but for `names`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._routes: dict[str, Route] = {}
        self._names: dict[str, str] = {}
        self._running: tuple[str, ...] = ()
        self._read_at = 0.0
        self._version = -1
        self._noted: dict[str, float] = {}

    def find(self, host: str) -> Route | None:
        """Return the app that has this domain; of `localhost` and its addresses when only one app runs."""
        self._refresh()
        found = self._app_of(host)
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

    def _app_of(self, host: str) -> str | None:
        found = self._names.get(host) or self._under_wildcard(host)
        if found is None and host in LOCAL and len(self._running) == 1:
            return self._running[0]
        return found

    def knows(self, name: str) -> bool:
        """Whether an app has this domain, which then needs a certificate."""
        self._refresh()
        return name in self._names or self._under_wildcard(name) is not None

    def names(self) -> tuple[str, ...]:
        """All domains that need a certificate, those in `localhost` apart. May be called in any thread."""
        return beyond_localhost(names_of(self._context, self._context.store.apps.all()))

    def _under_wildcard(self, host: str) -> str | None:
        """Name the app of the nearest `*.example.com` above the host."""
        parent = host
        while "." in parent:
            parent = parent.partition(".")[2]
            found = self._names.get(f"*.{parent}")
            if found is not None:
                return found
        return None

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._read_at < FRESH:
            return
        self._read_at = now
        try:
            self._read()
        except LocalkuError:
            return  # the store is busy or its disk full: the routes of a moment ago still serve

    def _read(self) -> None:
        version = self._context.store.db.version()
        if version == self._version:
            return
        apps = self._context.store.apps.all()
        self._routes = {app.uuid: self._route(app) for app in apps}
        self._names = names_of(self._context, apps)
        self._running = tuple(app.uuid for app in apps if app.wanted is Wanted.UP)
        self._version = version

    def _route(self, app: App) -> Route:
        store = self._context.store
        slug = store.releases.current_slug(app)
        config = store.apps.config(app)
        features = store.features.of(app)
        dynos = [dyno for dyno in store.dynos.of(app.id) if dyno.type == "web"]
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


def names_of(context: Context, apps: tuple[App, ...]) -> dict[str, str]:
    """Every name an app answers to, with the app's UUID."""
    own = {f"{app.name}{suffix}": app.uuid for app in apps for suffix in SUFFIXES}
    default = {app.default_domain: app.uuid for app in apps}
    ids = {app.id: app.uuid for app in apps}
    custom = {one.hostname: ids[one.app_id] for one in context.store.domains.all() if one.app_id in ids}
    return own | default | custom


def beyond_localhost(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not name.endswith(".localhost"))


def _is_up(dyno: DynoRecord) -> bool:
    return dyno.state is DynoState.UP


def _state(app: App, *, has_slug: bool, web: int, dynos: list[DynoRecord]) -> AppState:
    if app.maintenance:
        return AppState.MAINTENANCE
    if not has_slug:
        return AppState.BLANK
    if web == 0 or app.wanted is not Wanted.UP:
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
