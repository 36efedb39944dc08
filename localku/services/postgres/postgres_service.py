"""heroku-postgresql as a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.services.postgres import credentials, plans, postgres_server, postgres_versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from localku.engine.client import Engine
    from localku.records import Addon
    from localku.services.postgres.plans import Plan
    from localku.services.service import Place
    from localku.telling import Progress


class Postgres:
    """A `Service`."""

    name = plans.SERVICE
    title = "Heroku Postgres"
    attachment = "DATABASE"
    colours = "HEROKU_POSTGRESQL_"
    plans: Mapping[str, Plan] = plans.PLANS

    def plan(self, asked: str) -> Plan:
        return plans.named(asked)

    def versions(self, engine: Engine) -> tuple[str, ...]:
        return postgres_versions.to_be_had(engine)

    def new(self, app_id: int, plan: str, config_var: str, now: datetime) -> Addon:
        return credentials.new(app_id, plan, config_var, now)

    def url(self, addon: Addon) -> str:
        return credentials.url(addon)

    def prepare(self, engine: Engine, progress: Progress, version: str = "") -> str:
        from localku.services.postgres import postgres_image  # with all of the Debian stack, which few need

        return postgres_image.ensure(engine, progress, version).rpartition(":")[2]

    def version_there(self, engine: Engine) -> str:
        return (postgres_versions.found_image(engine) or "").rpartition(":")[2]

    def start(self, engine: Engine, place: Place, addon: Addon) -> tuple[str, int]:
        return postgres_server.start(engine, place, addon)

    def running_at(self, engine: Engine, place: Place) -> tuple[str, int] | None:
        return postgres_server.running_at(engine, place)

    def serves(self, engine: Engine, place: Place, version: str) -> bool:
        return postgres_server.image_of(engine, place) == postgres_versions.installed(engine, version)

    def is_coming_back(self, engine: Engine, place: Place) -> bool:
        return postgres_server.is_coming_back(engine, place)

    def stop(self, engine: Engine, place: Place) -> None:
        postgres_server.stop(engine, place)

    def destroy(self, engine: Engine, place: Place) -> None:
        postgres_server.destroy(engine, place)
