"""What every verb needs: the store, the engine, the clock and where an app's log is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from localku import paths
from localku.clock import Clock, system_clock
from localku.engine import labels
from localku.logs.app_log import AppLog
from localku.neutral import neutral

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.engine.containers import Container
    from localku.store.records import App
    from localku.store.store import Store


def _say_nothing(_line: str) -> None:
    """Nobody is there to be told."""


def _to_stderr(line: str) -> None:
    print(f" !     {neutral(line)}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Context:
    store: Store
    engine: Engine
    clock: Clock
    notice: Callable[[str], None] = _say_nothing
    """Tells whoever runs a command something beside its result, in one line."""

    @property
    def home(self) -> Path:
        return self.store.home

    @cached_property
    def home_id(self) -> str:
        """Names this state folder on the engine."""
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
        self, app: App, role: str | None = None, more: Mapping[str, str] | None = None
    ) -> tuple[Container, ...]:
        """All containers of the app, stopped ones too; those of a role, or that carry `more` labels."""
        sought = [{**marks, **(more or {})} for marks in self.marks(app, role)]
        return tuple(one for marks in sought for one in self.engine.containers.find(marks))

    def volumes(self, app: App) -> set[str]:
        """Names of the volumes that carry the app's labels."""
        return {name for marks in self.marks(app) for name in self.engine.volumes.labelled(marks)}

    def owner(self, container: Container) -> App | None:
        """The app a container of ours belongs to, None when it was destroyed."""
        return self.store.apps.marked(container.labels.get(labels.APP, ""))

    def log(self, app: App) -> AppLog:
        return AppLog(self.store.folder(app) / "log", self.clock)


def open_context() -> Context:
    """Connect the pieces as the environment says; `LOCALKU_CLOCK_SCALE=60` makes Heroku's minutes seconds."""
    from localku.engine.client import Engine
    from localku.store.store import Store

    return Context(Store(paths.home()), Engine(), system_clock(os.environ), _to_stderr)
