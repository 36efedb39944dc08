"""Add-ons whose localku was killed half-way, and add-ons that two processes have in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from verbs_kit import deploy, lines

from localku import locks
from localku.context import Context
from localku.engine import labels
from localku.engine.spec import ContainerSpec
from localku.errors import LocalkuError
from localku.platform import housekeeping
from localku.platform.addons import addon_servers, addons, provisioning
from localku.platform.addons.provisioning import Wish
from localku.records import Addon, App
from localku.services.postgres import credentials, postgres_image, postgres_server

if TYPE_CHECKING:
    from fake_engine import FakeEngine

AT = ("172.18.0.1", 40000)


class Killed(BaseException):
    """Nothing runs after it, as after kill -9."""


class Servers:
    """What `localku.services.postgres.postgres_server` was asked for, as `verb name`."""

    def __init__(self, context: Context, app: App) -> None:
        self.done: list[str] = []
        self.killed_at = ""
        self._context, self._app = context, app

    def start(self, _engine: object, place: postgres_server.Place, _addon: Addon) -> tuple[str, int]:
        assert [f"localku-{one.name}" for one in self._context.store.addons.of(self._app)] == [place.container]
        self._do("start", place)
        return AT

    def destroy(self, _engine: object, place: postgres_server.Place) -> None:
        assert self._context.store.addons.of(self._app) == ()
        assert locks.holder(self._context.store.folder(self._app) / "database.lock") is not None
        self._do("destroy", place)

    def _do(self, verb: str, place: postgres_server.Place) -> None:
        if self.killed_at == verb:
            self.killed_at = ""
            raise Killed
        self.done.append(f"{verb} {place.volume}")


@pytest.fixture
def servers(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> Servers:
    made = Servers(context, app)
    monkeypatch.setattr(postgres_image, "ensure", lambda *_: "localku/services/postgres:17")
    monkeypatch.setattr(postgres_server, "running_at", lambda *_: None)
    for verb in ("start", "destroy"):
        monkeypatch.setattr(postgres_server, verb, getattr(made, verb))
    monkeypatch.setattr(postgres_server, "stop", lambda *_: None)
    return made


def create(context: Context, app: App) -> Addon:
    return addons.create(context, app, Wish("heroku-postgresql"), lambda *_: None, lambda _: None)


def begun(context: Context, app: App) -> Addon:
    """What is left of a creation that was killed: the record, which came first."""
    return context.store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now()))


def test_a_record_is_there_before_anything_in_the_engine(context: Context, app: App, servers: Servers) -> None:
    made = create(context, app)
    assert servers.done == [f"start localku-{made.name}"]
    assert context.store.addons.of(app) == (made,) or context.store.addons.of(app)[0].port == AT[1]
    assert context.store.apps.config(app) == {"DATABASE_URL": credentials.url(made)}


def test_a_creation_that_fails_leaves_nothing(context: Context, app: App, servers: Servers) -> None:
    servers.killed_at = "start"
    with pytest.raises(Killed):
        create(context, app)
    assert context.store.addons.of(app) == ()
    assert [one.partition("-")[0] for one in servers.done] == ["destroy localku"]
    assert context.store.apps.config(app) == {}


def test_the_next_creation_goes_on_with_one_that_was_killed(context: Context, app: App, servers: Servers) -> None:
    left = begun(context, app)
    made = create(context, app)
    assert (made.name, made.password) == (left.name, left.password)
    assert len(context.store.addons.of(app)) == 1
    assert context.store.apps.config(app) == {"DATABASE_URL": credentials.url(made)}


def test_what_runs_the_app_goes_on_with_it_too_and_not_while_another_does(
    context: Context, app: App, servers: Servers
) -> None:
    deploy(context, app)
    left = begun(context, app)
    with locks.held(provisioning.provisioning_lock(context, app), "busy"):
        provisioning.ensure_running(context, app)
    assert servers.done == []
    provisioning.ensure_running(context, app)
    assert servers.done == [f"start localku-{left.name}"]
    assert context.store.apps.config(app)["DATABASE_URL"].startswith(f"postgres://{left.role}:")
    assert f"localku[{left.name}]: Its creation was interrupted; it is complete now" in lines(context, app)
    current = context.store.releases.current(app)
    assert current is not None
    assert "DATABASE_URL" in current.config


def test_the_records_of_a_destroyed_addon_go_first(context: Context, app: App, servers: Servers) -> None:
    made = create(context, app)
    provisioning.destroy(context, app, made)
    assert servers.done[-1] == f"destroy localku-{made.name}"
    assert context.store.apps.config(app) == {}
    assert context.store.observations.of(app) == ()


@pytest.mark.parametrize("by", [provisioning.ensure_running, addon_servers.stop])
def test_what_a_killed_destroy_has_left_is_taken_away(by: object, context: Context, app: App, servers: Servers) -> None:
    made = create(context, app)
    servers.killed_at = "destroy"
    with pytest.raises(Killed):
        provisioning.destroy(context, app, made)
    assert context.store.addons.of(app) == ()
    by(context, app)  # type: ignore[operator]
    assert servers.done[-1] == f"destroy localku-{made.name}"
    by(context, app)  # type: ignore[operator]
    assert [one for one in servers.done if one.startswith("destroy")] == [f"destroy localku-{made.name}"]


def test_one_that_is_destroyed_while_another_process_means_to_start_it_stays_away(
    context: Context, app: App, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The supervisor has read the record, and misses the server, just as it goes."""
    made = create(context, app)

    def goes(*_: object) -> None:
        if context.store.addons.of(app):
            provisioning.destroy(context, app, made)

    monkeypatch.setattr(postgres_server, "running_at", goes)
    provisioning.ensure_running(context, app)
    assert servers.done[-1] == f"destroy localku-{made.name}"
    assert context.store.apps.config(app) == {}


def test_one_that_is_being_made_cannot_be_destroyed(context: Context, app: App, servers: Servers) -> None:
    left = begun(context, app)
    with (
        locks.held(provisioning.provisioning_lock(context, app), "busy"),
        pytest.raises(LocalkuError, match="Another localku is provisioning"),
    ):
        provisioning.destroy(context, app, left)
    provisioning.destroy(context, app, left)
    assert servers.done == [f"destroy localku-{left.name}"]


def test_data_that_no_record_names_is_never_touched(context: Context, engine: FakeEngine, app: App) -> None:
    """As of a state.db that was moved away: a server without a record is taken away, its volume stays."""
    engine.images.tags.add("x")
    marks = context.labels(app, labels.ROLE_POSTGRES)
    engine.containers.create(ContainerSpec("x", "localku-postgresql-round-10000", labels=marks))
    engine.volumes.ensure("localku-postgresql-round-10000", marks)
    provisioning.ensure_running(context, app)
    housekeeping.sweep(context, app)
    assert list(engine.containers) == []
    assert engine.volumes.names == {"localku-postgresql-round-10000"}
