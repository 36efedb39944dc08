"""heroku-postgresql as a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.services.postgres import postgres_server

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.records import Addon
    from localku.services.service import Place
    from localku.telling import Progress


class Postgres:
    """A `Service`."""

    def prepare(self, engine: Engine, progress: Progress) -> None:
        from localku.services.postgres import postgres_image  # with all of the Debian stack, which few need

        postgres_image.ensure(engine, progress)

    def start(self, engine: Engine, place: Place, addon: Addon) -> tuple[str, int]:
        return postgres_server.start(engine, place, addon)

    def running_at(self, engine: Engine, place: Place) -> tuple[str, int] | None:
        return postgres_server.running_at(engine, place)

    def stop(self, engine: Engine, place: Place) -> None:
        postgres_server.stop(engine, place)

    def destroy(self, engine: Engine, place: Place) -> None:
        postgres_server.destroy(engine, place)
