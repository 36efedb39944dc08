"""Databases that only a build or a release needed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fake_engine import FakeEngine

from localku.engine.spec import ContainerSpec
from localku.platform import addons, locks, running
from localku.platform.context import Context
from localku.postgres import credentials, server
from localku.store.records import App


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
    monkeypatch.setattr(server, "running_at", made.running_at)
    monkeypatch.setattr(server, "stop", made.stop)
    context.store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now()))
    return made


@contextmanager
def built(context: Context, app: App, database: Server) -> Iterator[None]:
    with addons.stopped_after(context, app):
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


def test_one_that_is_needed_by_then_runs_on(context: Context, engine: FakeEngine, app: App, database: Server) -> None:
    with locks.held(running.supervisor_lock(context, app.name), ""), built(context, app, database):
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
    monkeypatch.setattr(server, "running_at", lambda *_: engine.check())
    engine.lost = True
    with addons.stopped_after(context, app):
        database.up = True
    assert database.up
