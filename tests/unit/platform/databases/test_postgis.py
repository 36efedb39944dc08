"""`pg:postgis` as the records and the engine see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.platform.addons import addon_servers, addons
from localku.platform.addons.provisioning import Wish
from localku.platform.databases import find_database, postgis
from localku.services.postgres import postgres_image, postgres_server, postgres_versions

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import Addon, App
    from localku.services.service import Place

REPOSITORY = postgres_versions.REPOSITORY


class Server:
    """Which image serves, None where none does."""

    image: str | None = None
    version = "18"
    stops = 0

    def start(self, _engine: object, _place: Place, addon: Addon) -> tuple[str, int]:
        self.image = self.image or f"{REPOSITORY}:{addon.version}"
        return "172.18.0.1", 40000

    def running_at(self, *_: object) -> tuple[str, int] | None:
        return ("172.18.0.1", 40000) if self.image else None

    def stop(self, *_: object) -> None:
        self.image, self.stops = None, self.stops + 1

    def image_of(self, *_: object) -> str | None:
        return self.image

    def ensure(self, _engine: object, _progress: object, version: str = "") -> str:
        return f"{REPOSITORY}:{version or self.version}"


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(postgres_image, "ensure", made.ensure)
    monkeypatch.setattr(postgres_versions, "installed", lambda _engine, version: f"{REPOSITORY}:{version}")
    for name in ("start", "running_at", "stop", "image_of"):
        monkeypatch.setattr(postgres_server, name, getattr(made, name))
    return made


def silent(_step: str, _fraction: float | None) -> None:
    """Nobody looks."""


def create(context: Context, app: App) -> find_database.Database:
    addons.create(context, app, Wish("heroku-postgresql"), silent, lambda _line: None)
    return find_database.find(context, app)


def test_a_server_of_the_other_image_takes_its_place(context: Context, app: App, server: Server) -> None:
    database = create(context, app)
    assert postgis.add(context, database, silent).addon.version == "18-postgis"
    assert server.image == f"{REPOSITORY}:18-postgis"
    assert server.stops == 1


def test_one_that_has_it_is_left_alone(context: Context, app: App, server: Server) -> None:
    database = postgis.add(context, create(context, app), silent)
    postgis.add(context, database, silent)
    assert server.stops == 1


def test_one_that_was_killed_before_the_server_was_stopped_is_followed(
    context: Context, app: App, server: Server
) -> None:
    database = create(context, app)
    context.store.addons.set_version(database.addon, "18-postgis")
    postgis.add(context, find_database.find(context, app), silent)
    assert server.image == f"{REPOSITORY}:18-postgis"


def test_a_starter_that_had_read_the_record_before_starts_what_it_names_now(
    context: Context, app: App, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = create(context, app)
    stale = addon_servers.used_by(context, app)
    postgis.add(context, database, silent)
    server.stop()
    monkeypatch.setattr(addon_servers, "used_by", lambda *_: stale)
    addon_servers.start_all(context, app)
    assert server.image == f"{REPOSITORY}:18-postgis"


def test_files_of_another_version_stay_with_their_server(context: Context, app: App, server: Server) -> None:
    server.version = "17"
    database = create(context, app)
    with pytest.raises(
        LocalkuError, match=r"is a database of PostgreSQL 17; PostGIS is to be had with 18\."
    ) as refused:
        postgis.add(context, database, silent)
    assert "--version 18-postgis" in refused.value.hint
    assert server.stops == 0
