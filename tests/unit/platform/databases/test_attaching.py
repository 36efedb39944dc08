"""Attachments: an add-on under several names, of several apps, and which of them is DATABASE_URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.platform import new_apps
from localku.platform.addons import (
    addon_servers,
    addons,
    attaching,
    attachment_names,
    find_addon,
    provisioning,
)
from localku.platform.addons.provisioning import Wish
from localku.platform.releasing import config
from localku.services.postgres import credentials, postgres_image, postgres_server
from localku.services.postgres.postgres_service import Postgres
from localku.states import Wanted

if TYPE_CHECKING:
    from pathlib import Path

    from localku.context import Context
    from localku.records import Addon, App
    from localku.services.service import Place


class Servers:
    """Database servers that are up or down; `ports` by container."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self.next = 40000
        self.destroyed: list[str] = []

    def start(self, _engine: object, place: Place, addon: Addon) -> tuple[str, int]:
        self.next += 1
        self.ports[place.container] = addon.port or self.next
        return "172.18.0.1", self.ports[place.container]

    def running_at(self, _engine: object, place: Place) -> tuple[str, int] | None:
        port = self.ports.get(place.container)
        return ("172.18.0.1", port) if port else None

    def stop(self, _engine: object, place: Place) -> None:
        self.ports.pop(place.container, None)

    def destroy(self, _engine: object, place: Place) -> None:
        self.stop(_engine, place)
        self.destroyed.append(place.container)


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    made = Servers()
    monkeypatch.setattr(postgres_image, "ensure", lambda *_: "localku/services/postgres:17")
    for name in ("start", "running_at", "stop", "destroy"):
        monkeypatch.setattr(postgres_server, name, getattr(made, name))
    return made


def heard(_line: str) -> None:
    """Whatever it is."""


def create(context: Context, app: App) -> Addon:
    made = addons.create(context, app, Wish("heroku-postgresql"), lambda *_: None, heard)
    return context.store.addons.by_id(made.id)


@pytest.fixture
def first(context: Context, app: App) -> Addon:
    return create(context, app)


@pytest.fixture
def second(context: Context, app: App, first: Addon) -> Addon:
    return create(context, app)


@pytest.fixture
def other(context: Context, tmp_path: Path) -> App:
    return new_apps.create(context, tmp_path, "two")


def names(context: Context, app: App) -> dict[str, str]:
    """Attachments of the app, each with its add-on, as the newest release has them."""
    release = context.store.releases.current(app)
    assert release is not None
    found = {one.config_var: context.store.addons.by_id(one.addon_id) for one in context.store.attachments.of(app)}
    assert dict(release.config) == {name: credentials.url(addon) for name, addon in found.items()}
    return {name: addon.name for name, addon in found.items()}


def test_promotion_keeps_the_old_one_under_a_colour(context: Context, app: App, first: Addon, second: Addon) -> None:
    said: list[str] = []
    attaching.promote(context, app, second, said.append)
    found = names(context, app)
    assert found["DATABASE_URL"] == second.name
    (kept,) = [name for name, addon in found.items() if addon == first.name]
    assert re.fullmatch(r"HEROKU_POSTGRESQL_[A-Z]+_URL", kept)
    assert said == [f"Ensuring an alternate alias for existing DATABASE_URL... {kept}"]
    assert sorted(found.values()).count(second.name) == 2
    newest = [one.description for one in context.store.releases.all(app)[:3]]
    assert newest == [
        f"Attach DATABASE (@ref:{second.name})",
        f"Detach DATABASE (@ref:{first.name})",
        f"Attach {kept.removesuffix('_URL')} (@ref:{first.name})",
    ]
    with pytest.raises(LocalkuError, match=rf"^{second.name} is already promoted on one\.$"):
        attaching.promote(context, app, context.store.addons.by_id(second.id), heard)


def test_promotion_back_makes_no_further_name(context: Context, app: App, first: Addon, second: Addon) -> None:
    attaching.promote(context, app, second, heard)
    before = names(context, app).keys()
    attaching.promote(context, app, context.store.addons.by_id(first.id), heard)
    assert names(context, app).keys() == before
    assert names(context, app)["DATABASE_URL"] == first.name


def test_attached_detached_and_never_without_one_of_its_own(context: Context, app: App, first: Addon) -> None:
    name, release = attaching.attach(context, app, first, "analytics", heard)
    assert (name, release.description) == ("ANALYTICS", f"Attach ANALYTICS (@ref:{first.name})")
    assert names(context, app) == {"DATABASE_URL": first.name, "ANALYTICS_URL": first.name}
    with pytest.raises(LocalkuError, match="is attached to one as ANALYTICS already"):
        attaching.attach(context, app, context.store.addons.by_id(first.id), "ANALYTICS", heard)
    attaching.detach(context, app, attaching.find(context, app, "DATABASE"), heard)
    assert names(context, app) == {"ANALYTICS_URL": first.name}
    with pytest.raises(LocalkuError, match=f"^Cannot destroy last attachment to billing app for resource {first.name}"):
        attaching.detach(context, app, attaching.find(context, app, "analytics_url"), heard)
    with pytest.raises(LocalkuError, match="Couldn't find that add on attachment: DATABASE"):
        attaching.find(context, app, "DATABASE")


@pytest.mark.parametrize("value", ["postgres://elsewhere", None])
def test_the_config_var_of_an_attachment_is_not_anybodys(
    context: Context, app: App, first: Addon, value: str | None
) -> None:
    with pytest.raises(LocalkuError, match=r"^Cannot overwrite attachment values DATABASE_URL\.$"):
        config.change(context, app, {"DATABASE_URL": value, "B": "1"})
    assert context.store.apps.config(app) == {"DATABASE_URL": credentials.url(first)}
    config.change(context, app, {"B": "1"})
    config.change(context, app, {"DATABASE_URL": "postgres://elsewhere"}, over_attachments=True)
    assert context.store.apps.config(app)["DATABASE_URL"] == "postgres://elsewhere"


def test_a_name_that_is_taken_is_only_replaced_when_that_is_said(
    context: Context, app: App, first: Addon, second: Addon
) -> None:
    with pytest.raises(LocalkuError, match="one has a config var DATABASE_URL already"):
        attaching.attach(context, app, second, "DATABASE", heard)
    with pytest.raises(LocalkuError, match="Cannot destroy last attachment"):
        attaching.attach(context, app, second, "DATABASE", heard, replacing=True)


def test_another_app_shares_a_database_that_stays_up_for_it(
    context: Context, app: App, first: Addon, other: App, servers: Servers
) -> None:
    name, _ = attaching.attach(context, other, find_addon.anywhere(context, other, first.name), None, heard)
    assert names(context, other) == {f"{name}_URL": first.name}
    container = addon_servers.container(first)
    context.store.apps.want(other, Wanted.UP)
    addon_servers.stop(context, app)
    assert container in servers.ports
    context.store.apps.want(other, Wanted.DOWN)
    addon_servers.stop(context, other)
    assert container not in servers.ports
    provisioning.ensure_running(context, other)
    assert container in servers.ports
    with pytest.raises(LocalkuError, match=f"^{first.name} is attached to two, too"):
        addons.refuse_shared(context, context.store.addons.by_id(first.id))
    provisioning.destroy(context, app, context.store.addons.by_id(first.id))
    assert (names(context, app), names(context, other)) == ({}, {})
    assert servers.destroyed == [container]


def test_one_that_moves_is_corrected_in_every_app_that_has_it(
    context: Context, app: App, first: Addon, other: App, servers: Servers
) -> None:
    attaching.attach(context, other, first, "SHARED", heard)
    attaching.attach(context, app, first, "SAME", heard)
    servers.ports[addon_servers.container(first)] = 50000
    for one in (app, other, other):
        provisioning.ensure_running(context, one)
        assert set(context.store.apps.config(one).values()) == {
            credentials.url(credentials.at(first, "172.18.0.1", 50000))
        }
    assert set(names(context, app)) == {"DATABASE_URL", "SAME_URL"}
    assert context.store.releases.all(other)[0].description == f"Update SHARED_URL (@ref:{first.name})"
    assert len(context.store.releases.all(other)) == 4


def test_what_is_renamed_keeps_its_server_and_its_rollbacks(
    context: Context, app: App, first: Addon, servers: Servers
) -> None:
    renamed = addons.rename(context, first, "ledger-data")
    assert addon_servers.container(renamed) == addon_servers.container(first)
    assert context.store.addons.named("ledger-data") == renamed
    provisioning.ensure_running(context, app)
    assert list(servers.ports) == [f"localku-{first.name}"]
    release = context.store.releases.current(app)
    assert release is not None
    assert release.addons == {renamed.engine_name: "essential-0"}
    provisioning.destroy(context, app, renamed)
    assert servers.destroyed == [f"localku-{first.name}"]
    with pytest.raises(LocalkuError, match="'No' is not a valid name for an add-on"):
        addons.rename(context, first, "No")


def test_when_all_colours_are_taken_a_number_follows() -> None:
    service = Postgres()
    taken = {f"HEROKU_POSTGRESQL_{colour}_URL" for colour in attachment_names.COLOURS}
    assert attachment_names.coloured(service, taken, min) == "HEROKU_POSTGRESQL_AMBER1"
    assert attachment_names.coloured(service, taken - {"HEROKU_POSTGRESQL_RED_URL"}) == "HEROKU_POSTGRESQL_RED"


@pytest.mark.parametrize(("asked", "name"), [("red", "RED"), ("My_Data_URL", "MY_DATA"), ("A1", "A1")])
def test_names_of_attachments(asked: str, name: str) -> None:
    assert attachment_names.checked(asked) == name


@pytest.mark.parametrize("asked", ["", "1A", "a-b", "É"])
def test_names_that_no_config_var_can_have(asked: str) -> None:
    with pytest.raises(LocalkuError, match="is not a valid name for an attachment"):
        attachment_names.checked(asked)
