"""Databases that only a build or a release needed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fake_engine import FakeContainer, FakeEngine
from verbs_kit import deploy, lines

from localku import locks
from localku.context import Context
from localku.engine import registry
from localku.engine.spec import ContainerSpec
from localku.errors import Kind, LocalkuError
from localku.platform.addons import addon_servers, addons, provisioning
from localku.platform.addons.provisioning import Wish
from localku.platform.dynos import running
from localku.platform.releasing.release_errors import ReleaseFailed
from localku.records import App
from localku.services.postgres import credentials, postgres_image, postgres_server


class Server:
    """The database server of the app, as far as it runs or not."""

    def __init__(self) -> None:
        self.up = False

    def running_at(self, *_: object) -> tuple[str, int] | None:
        return ("172.18.0.1", 40000) if self.up else None

    def stop(self, *_: object) -> None:
        self.up = False


@pytest.fixture
def database(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(postgres_server, "running_at", made.running_at)
    monkeypatch.setattr(postgres_server, "stop", made.stop)
    context.store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now()))
    return made


@contextmanager
def built(context: Context, app: App, database: Server) -> Iterator[None]:
    with addon_servers.stopped_after(context, app):
        database.up = True
        yield


def test_a_database_that_was_started_for_a_build_is_stopped_after_it(
    context: Context, app: App, database: Server
) -> None:
    with built(context, app, database):
        pass
    assert not database.up
    with pytest.raises(KeyError), built(context, app, database):
        raise KeyError
    assert not database.up


def test_one_that_ran_before_runs_on(context: Context, app: App, database: Server) -> None:
    database.up = True
    with built(context, app, database):
        pass
    assert database.up


def test_one_that_the_engine_starts_again_after_a_crash_runs_on(
    context: Context, app: App, database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "is_coming_back", lambda *_: True)
    with built(context, app, database):
        pass
    assert database.up


def test_one_that_is_needed_by_then_runs_on(context: Context, engine: FakeEngine, app: App, database: Server) -> None:
    with locks.held(running.supervisor_lock(context, app), ""), built(context, app, database):
        pass
    assert database.up
    database.up = False
    engine.images.tags.add("x")
    dyno = engine.containers.create(ContainerSpec("x", "run.1", labels=context.labels(app, "dyno")))
    engine.containers.start(dyno)
    with built(context, app, database):
        pass
    assert database.up


def test_where_no_engine_answers_nothing_is_stopped_and_nothing_breaks(
    context: Context, engine: FakeEngine, app: App, monkeypatch: pytest.MonkeyPatch, database: Server
) -> None:
    monkeypatch.setattr(postgres_server, "running_at", lambda *_: engine.check())
    engine.lost = True
    with addon_servers.stopped_after(context, app):
        database.up = True
    assert database.up


@pytest.fixture
def new_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_image, "ensure", lambda *_: "localku/services/postgres:17")
    monkeypatch.setattr(postgres_server, "start", lambda *_: ("172.18.0.1", 40000))
    monkeypatch.setattr(postgres_server, "running_at", lambda *_: ("172.18.0.1", 40000))


def phase(engine: FakeEngine, status: int) -> list[str]:
    """Let release commands end so; the config var each of them finds."""
    seen: list[str] = []

    def started(container: FakeContainer) -> None:
        container.status = "running"
        seen.append(container.spec.environment["DATABASE_URL"])
        container.exit(status)

    engine.on_start = started
    return seen


def test_provisioning_runs_the_release_phase_with_the_new_config_var(
    context: Context, engine: FakeEngine, app: App, new_server: None
) -> None:
    deploy(context, app, types={"web": "serve", "release": "migrate"})
    seen, said = phase(engine, 0), list[str]()
    made = addons.create(context, app, Wish("heroku-postgresql"), lambda *_: None, said.append)
    assert seen == [credentials.url(made)]
    assert said == [f"Created {made.name} as DATABASE_URL", "Running release command..."]
    newest, attached, *_ = context.store.releases.all(app)
    assert (newest.description, newest.status) == (
        f"@ref:{made.name} completed provisioning, setting DATABASE_URL.",
        "succeeded",
    )
    assert attached.description == f"Attach DATABASE (@ref:{made.name})"


def test_an_addon_stays_where_its_release_command_fails(
    context: Context, engine: FakeEngine, app: App, new_server: None
) -> None:
    deploy(context, app, types={"web": "serve", "release": "migrate"})
    phase(engine, 1)
    with pytest.raises(ReleaseFailed, match="its release command `migrate` exited with status 1"):
        addons.create(context, app, Wish("heroku-postgresql"), lambda *_: None, lambda _: None)
    assert len(context.store.addons.of(app)) == 1
    assert lines(context, app)[-1] == "app[api]: Release v5 command failed by user localku"


def test_a_build_provisions_without_a_release_phase_of_its_own(
    context: Context, engine: FakeEngine, app: App, new_server: None
) -> None:
    deploy(context, app, types={"web": "serve", "release": "migrate"})
    seen = phase(engine, 0)
    made = provisioning.provision(context, app, "heroku-postgresql", lambda *_: None)
    assert seen == []
    assert context.store.releases.all(app)[0].description.startswith(f"@ref:{made.name} completed provisioning")


def test_a_second_database_has_a_colour_and_a_build_makes_none(
    context: Context, engine: FakeEngine, app: App, new_server: None
) -> None:
    first, second = (
        addons.create(context, app, Wish("heroku-postgresql:mini"), lambda *_: None, lambda _: None) for _ in range(2)
    )
    assert first.config_var == "DATABASE_URL"
    assert re.fullmatch(r"HEROKU_POSTGRESQL_[A-Z]+_URL", second.config_var)
    assert context.store.apps.config(app) == {
        one.config_var: credentials.url(one) for one in context.store.addons.of(app)
    }
    assert provisioning.provision(context, app, "heroku-postgresql", lambda *_: None).id == first.id
    assert [one.version for one in context.store.addons.of(app)] == ["17", "17"]


def test_a_new_one_is_called_and_attached_as_one_says(
    context: Context, app: App, new_server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "answers", lambda: False)
    wish = Wish("heroku-postgresql", attachment="ANALYTICS", name="big-data", enforce_now=True)
    made = addons.create(context, app, wish, lambda *_: None, lambda _: None)
    assert (made.name, made.config_var, made.enforce_now) == ("big-data", "ANALYTICS_URL", True)
    with pytest.raises(LocalkuError, match="There is an add-on big-data already"):
        addons.create(context, app, wish, lambda *_: None, lambda _: None)
    with pytest.raises(LocalkuError, match="one has a config var ANALYTICS_URL already"):
        addons.create(context, app, Wish("heroku-postgresql", attachment="analytics"), lambda *_: None, lambda _: None)
    with pytest.raises(LocalkuError, match=r"Heroku Postgres 9 is not to be had here\."):
        addons.create(context, app, Wish("heroku-postgresql", version="9"), lambda *_: None, lambda _: None)
    assert len(context.store.addons.of(app)) == 1


def test_an_addon_is_found_by_its_name_or_its_service(context: Context, app: App) -> None:
    made = context.store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now()))
    assert addons.of(context, app) == (made,)
    assert {addons.find(context, app, name) for name in (None, made.name, "heroku-postgresql")} == {made}
    with pytest.raises(LocalkuError) as raised:
        addons.find(context, app, "other")
    assert (raised.value.kind, raised.value.resource) == (Kind.NOT_FOUND, "add_on")


def test_only_services_that_exist_are_provisioned(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError) as raised:
        addons.create(context, app, Wish("heroku-redis"), lambda _step, _done: None, lambda _line: None)
    assert (raised.value.message, raised.value.kind) == (
        "Couldn't find the add-on service heroku-redis.",
        Kind.NOT_FOUND,
    )
