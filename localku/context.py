"""What every verb needs: the store, the engine, the clock and where an app's log is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from localku.engine import labels
from localku.errors import Kind, LocalkuError

if TYPE_CHECKING:
    from localku.clock import Clock
    from localku.engine.client import Engine
    from localku.engine.containers import Container
    from localku.logs.app_log import AppLog
    from localku.records import App
    from localku.services.service import Service
    from localku.store.store import Store


def _say_nothing(_line: str) -> None:
    """Nobody is there to be told."""


def _keep_nothing(_context: Context) -> None:
    """No server is to be had."""


@dataclass(frozen=True)
class Context:
    store: Store
    engine: Engine
    clock: Clock
    make_postgres: Callable[[], Service]
    """Makes `postgres` when it is first needed: few commands have to do with databases."""

    notice: Callable[[str], None] = _say_nothing
    """Tells whoever runs a command something beside its result, in one line."""

    keep_detached: Callable[[Context], None] = _keep_nothing
    """Has the server look after each detached one-off dyno that nobody looks after."""

    @property
    def home(self) -> Path:
        return self.store.home

    @cached_property
    def postgres(self) -> Service:
        """The service that databases are add-ons of."""
        return self.make_postgres()

    @property
    def services(self) -> tuple[Service, ...]:
        """All that add-ons can be of."""
        return (self.postgres,)

    def service(self, name: str) -> Service:
        """Return the service of that name; raise LocalkuError where there is none."""
        found = next((one for one in self.services if one.name == name), None)
        if found is None:
            raise LocalkuError(
                f"Couldn't find the add-on service {name}.",
                f"localku provides {', '.join(one.name for one in self.services)}.",
                kind=Kind.NOT_FOUND,
                resource="addon-service",
            )
        return found

    @cached_property
    def home_id(self) -> str:
        """Names this state folder on the engine."""
        from localku import paths  # not needed by what only reads

        return paths.home_id(self.home)

    @property
    def network(self) -> str:
        return f"localku-{self.home_id}"

    def labels(self, app: App, role: str | None = None) -> dict[str, str]:
        """What a new container, volume or image of the app is labelled with; its name is there for people alone."""
        return {**self._mark(app.uuid, role), labels.APP_NAME: app.name}

    def marks(self, app: App, role: str | None = None) -> tuple[dict[str, str], ...]:
        """The sets of labels to find the app's things by: its UUID, and the name it had before there were UUIDs."""
        return tuple(self._mark(key, role) for key in (app.uuid, app.formerly) if key is not None)

    def _mark(self, key: str, role: str | None) -> dict[str, str]:
        found = {labels.HOME: self.home_id, labels.APP: key}
        return {**found, labels.ROLE: role} if role else found

    def containers(
        self,
        app: App,
        role: str | None = None,
        more: Mapping[str, str] | None = None,
        chosen: Callable[[str, Mapping[str, str]], bool] | None = None,
    ) -> tuple[Container, ...]:
        """All containers of the app, stopped ones too; those of a role, or that carry `more` labels.

        Where only some are meant, `chosen` by their names and labels, the others are not asked for.
        """
        sought = [{**marks, **(more or {})} for marks in self.marks(app, role)]
        return tuple(one for marks in sought for one in self.engine.containers.find(marks, chosen))

    def volumes(self, app: App) -> set[str]:
        """Names of the volumes that carry the app's labels."""
        return {name for marks in self.marks(app) for name in self.engine.volumes.labelled(marks)}

    def owner(self, container: Container) -> App | None:
        """The app a container of ours belongs to, None when it was destroyed."""
        return self.store.apps.marked(container.labels.get(labels.APP, ""))

    def log(self, app: App) -> AppLog:
        from localku.logs.app_log import AppLog

        return AppLog(self.store.folder(app) / "log", self.clock)
