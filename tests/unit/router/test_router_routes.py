"""Routes follow what is in the store, and only what has changed is read again."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest
from fake_engine import START

from localku.context import Context
from localku.records import App, DynoRecord, FormationEntry, Slug
from localku.router.routing import table
from localku.router.routing.table import StoreRoutes
from localku.states import DynoState, ReleaseStatus, Wanted
from localku.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = 120
NAMES = ("one", "two", "three", "four")
DOMAINS = ("www.example.com", "*.example.com", "shop.example.org", "one.localhost", "a.b.test", "*.b.test")
HOSTS = (*DOMAINS, "x.example.com", "localhost", *(f"{name}{end}" for name in NAMES for end in (".localhost", ".x.y")))
PORTS = (None, 5000, 5001)


@pytest.fixture(autouse=True)
def _always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "FRESH", 0.0)


def elsewhere(context: Context) -> Context:
    """The same state as another process sees it."""
    return Context(Store(context.home), context.engine, context.clock, context.make_postgres)


def web(app: App, state: DynoState, number: int = 1) -> DynoRecord:
    return DynoRecord(
        app_id=app.id,
        name=f"web.{number}",
        type="web",
        state=state,
        release=2,
        size="basic",
        command="run",
        container="c1",
        host="172.18.0.2",
        port=4000 + app.id,
        since=START,
        exit_status=None,
        crashes=0,
        retry_at=None,
        generation=0,
    )


def deploy(context: Context, app: App, status: ReleaseStatus = ReleaseStatus.SUCCEEDED) -> None:
    releases = context.store.releases
    slug = Slug(
        id=0,
        app_id=app.id,
        fingerprint="f",
        image="i",
        layer="l",
        process_types={"web": "run"},
        buildpacks=(),
        stack="debian-14",
        size=1,
        commit=None,
        created_at=START,
    )
    releases.add(app, releases.add_slug(slug), {}, "Deploy", status, START)


class Walk:
    """Random changes of four apps."""

    def __init__(self, context: Context, seed: int) -> None:
        self.context, self.random = context, random.Random(seed)  # noqa: S311

    def step(self) -> str:
        step: Callable[[], object] = self.random.choice(
            [
                *(self.create, self.destroy, self.rename, self.domain, self.want, self.config),
                *(self.dyno, self.deploy, self.scale, self.feature, self.maintain, self.forget, self.port),
            ]
        )
        step()
        return step.__name__

    def app(self) -> App | None:
        apps = self.context.store.apps.all()
        return self.random.choice(apps) if apps else None

    def free(self) -> Iterable[str]:
        taken = {app.name for app in self.context.store.apps.all()}
        return sorted(set(NAMES) - taken)

    def create(self) -> None:
        for name in self.free():
            app = self.context.store.apps.create(name, None, START)
            self.context.store.folder(app)
            return

    def destroy(self) -> None:
        if (app := self.app()) and self.random.random() < 0.3:
            self.context.store.apps.destroy(app)

    def rename(self) -> None:
        app, free = self.app(), list(self.free())
        if app and free:
            self.context.store.apps.rename(app, self.random.choice(free))

    def domain(self) -> None:
        if app := self.app():
            name = self.random.choice(DOMAINS)
            known = self.context.store.domains.named(name)
            if known:
                self.context.store.domains.remove(known)
            if not known or self.random.random() < 0.5:
                self.context.store.domains.add(app, name, "t", START)

    def want(self) -> None:
        if app := self.app():
            self.context.store.apps.want(app, self.random.choice(list(Wanted)))

    def port(self) -> None:
        if app := self.app():
            self.context.store.apps.set_port(app, self.random.choice(PORTS))

    def config(self) -> None:
        if app := self.app():
            value = self.random.choice([None, "http://pages.example/"])
            self.context.store.apps.change_config(app, {"ERROR_PAGE_URL": value, "OTHER": "1"})

    def dyno(self) -> None:
        if app := self.app():
            self.context.store.dynos.save(web(app, self.random.choice(list(DynoState)), self.random.choice([1, 2])))

    def forget(self) -> None:
        if app := self.app():
            self.context.store.dynos.forget(app.id, "web.1")

    def deploy(self) -> None:
        if app := self.app():
            deploy(self.context, app, self.random.choice([ReleaseStatus.SUCCEEDED, ReleaseStatus.FAILED]))

    def scale(self) -> None:
        if app := self.app():
            self.context.store.apps.scale(app, (FormationEntry("web", self.random.randrange(3), "basic"),))

    def feature(self) -> None:
        if app := self.app():
            features = self.context.store.features
            self.random.choice([lambda a, n: features.enable(a, n, START), features.disable])(
                app, "http-session-affinity"
            )

    def maintain(self) -> None:
        if app := self.app():
            self.context.store.apps.set_maintenance(app, on=self.random.random() < 0.5)


@pytest.mark.parametrize("seed", range(4))
def test_routes_that_follow_are_those_that_are_read_anew(context: Context, seed: int) -> None:
    routes, walk = StoreRoutes(elsewhere(context)), Walk(context, seed)
    done = []
    for _ in range(STEPS):
        done.append(walk.step())
        fresh = StoreRoutes(elsewhere(context))
        for port in (5000, 5001):
            assert routes.find("localhost", port) == fresh.find("localhost", port), (port, done)
        for host in HOSTS:
            assert routes.find(host) == fresh.find(host), (host, done)
            assert routes.knows(host) == fresh.knows(host), (host, done)


def test_a_domain_that_moves_to_another_app_is_that_ones_whichever_is_read_first(context: Context) -> None:
    one, two = (context.store.apps.create(name, None, START) for name in ("one", "two"))
    routes = StoreRoutes(elsewhere(context))
    for app in (one, two, one):
        known = context.store.domains.named("www.example.com")
        if known:
            context.store.domains.remove(known)
        context.store.domains.add(app, "www.example.com", "t", START)
        context.store.apps.set_maintenance(two if app is one else one, on=True)
        found = routes.find("www.example.com")
        assert found is not None
        assert found.name == app.name


def test_plain_localhost_is_the_app_whose_port_it_is(context: Context) -> None:
    one, two, three = (context.store.apps.create(name, None, START) for name in ("one", "two", "three"))
    routes = StoreRoutes(elsewhere(context))

    def found(port: int) -> str | None:
        names = {route.name if route else None for route in (routes.find(host, port) for host in table.LOCAL)}
        assert len(names) == 1
        return names.pop()

    assert found(5000) is None
    context.store.apps.set_port(one, 5000)
    assert (found(5000), found(5001)) == ("one", None)
    context.store.apps.want(two, Wanted.UP)
    assert (found(5000), found(5001)) == ("one", "two")  # the only one that runs
    context.store.apps.set_port(two, 5000)
    assert (found(5000), found(5001)) == ("two", "two")
    context.store.apps.want(three, Wanted.LEASED)
    context.store.apps.set_port(three, 5001)
    assert (found(5000), found(5001), found(5002)) == ("two", "three", None)
    context.store.apps.set_port(three, 5000)
    assert (found(5000), found(5001)) == (None, None)  # an old state folder may have two with one port
    context.store.apps.destroy(two)
    assert (found(5000), found(5001)) == ("three", "three")
    assert routes.find("one.localhost", 5000) != routes.find("three.localhost", 5000)


def test_a_change_of_one_app_is_read_at_the_same_cost_however_many_there_are(context: Context) -> None:
    def reads(apps: int) -> int:
        while len(context.store.apps.all()) < apps:
            app = context.store.apps.create(f"app{len(context.store.apps.all())}", None, START)
            deploy(context, app)
            context.store.dynos.save(web(app, DynoState.UP))
        routes = StoreRoutes(elsewhere(context))
        assert routes.find("app0.localhost")
        first = context.store.apps.all()[0]
        context.store.dynos.save(web(first, DynoState.CRASHED))
        return statements(routes, "app0.localhost")

    few = reads(2)
    assert reads(30) == few > 1


def test_nothing_is_read_of_apps_where_nothing_has_changed(context: Context) -> None:
    for name in NAMES:
        context.store.apps.create(name, None, START)
    routes = StoreRoutes(elsewhere(context))
    assert routes.find("one.localhost")
    assert statements(routes, "one.localhost") == 1


def statements(routes: StoreRoutes, host: str) -> int:
    """How many statements of SQL a look takes."""
    connection: sqlite3.Connection = routes._context.store.db._connection()
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    routes.find(host)
    connection.set_trace_callback(None)
    return len(seen)
