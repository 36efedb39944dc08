"""Routes read from the store: which app a host means, and which of its web dynos are up."""

from __future__ import annotations

import time

from localku.errors import LocalkuError
from localku.logs.store import AppLog
from localku.platform import formation
from localku.platform.context import Context
from localku.router.routes import AppState, Backend, Route
from localku.store.records import App, DynoRecord

SUFFIXES = (".localhost", ".herokuapp.com", ".localku")
PLAIN = frozenset({"localhost", "127.0.0.1", "::1", ""})
FRESH = 0.05
"""Seconds a look at the store serves all requests."""
NOTED = 1.0
"""Seconds of requests that one note of them stands for."""


class StoreRoutes:
    """Looks hosts up in the store. Used by the router's one thread only."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._routes: dict[str, Route] = {}
        self._running: tuple[str, ...] = ()
        self._read_at = 0.0
        self._version = -1
        self._noted: dict[str, float] = {}

    def find(self, host: str) -> Route | None:
        """Return the app of `APP.localhost` and the like; of a plain host when only one app runs."""
        self._refresh()
        found = self._find(host)
        if found is not None:
            self._note(found.app)
        return found

    def _note(self, app: str) -> None:
        """Leave word that the app is asked for: that keeps eco dynos awake, and wakes them."""
        now = time.monotonic()
        if now - self._noted.get(app, 0.0) > NOTED:
            self._noted[app] = now
            self._context.store.traffic.seen(app, self._context.clock.now())

    def _find(self, host: str) -> Route | None:
        for suffix in SUFFIXES:
            if host.endswith(suffix):
                return self._named(host.removesuffix(suffix))
        if len(self._running) == 1:
            return self._routes.get(self._running[0])
        return None

    def _named(self, name: str) -> Route | None:
        found = self._routes.get(name)
        if found is not None:
            return found
        app, _, tail = name.rpartition("-")
        is_generated = len(tail) == 12 and all(letter in "0123456789abcdef" for letter in tail)  # noqa: PLR2004
        return self._routes.get(app) if is_generated else None

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
        self._routes = {app.name: self._route(app) for app in apps}
        self._running = tuple(app.name for app in apps if app.wanted == "up")
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
        web = sum(entry.quantity for entry in formation.wanted(self._context, app, types) if entry.type == "web")
        return Route(
            app=app.name,
            state=_state(app, has_slug=slug is not None, web=web, dynos=dynos),
            backends=up,
            error_page_url=config.get("ERROR_PAGE_URL"),
            maintenance_page_url=config.get("MAINTENANCE_PAGE_URL"),
            web_dynos=max(web, 1),
            keep_alive="http-disable-keepalive-to-dyno" not in features,
            end_to_end_continue="http-end-to-end-continue" in features,
            session_affinity="http-session-affinity" in features,
        )


def _is_up(dyno: DynoRecord) -> bool:
    return dyno.state == "up"


def _state(app: App, *, has_slug: bool, web: int, dynos: list[DynoRecord]) -> AppState:
    if app.maintenance:
        return AppState.MAINTENANCE
    if not has_slug:
        return AppState.BLANK
    if web == 0 or app.wanted != "up":
        return AppState.NO_WEB
    if any(_is_up(dyno) for dyno in dynos):
        return AppState.UP
    if dynos and all(dyno.state == "crashed" for dyno in dynos):
        return AppState.CRASHED
    return AppState.STARTING


class StoreLog:
    """Writes router lines into the log of the app they are about."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._logs: dict[str, AppLog] = {}

    def line(self, app: str, message: str) -> None:
        if app not in self._logs:
            found = self._context.store.apps.named(app)
            if found is None:
                return
            self._logs[app] = self._context.log(found)
        self._logs[app].write("heroku", "router", message)
