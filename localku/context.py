"""What every verb needs: the store, the engine, the clock and where an app's log is."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from localku import paths
from localku.clock import Clock, system_clock
from localku.engine import labels
from localku.engine.client import Engine
from localku.logs.app_log import AppLog
from localku.store.records import App
from localku.store.store import Store


@dataclass(frozen=True)
class Context:
    store: Store
    engine: Engine
    clock: Clock

    @property
    def home(self) -> Path:
        return self.store.home

    @cached_property
    def home_id(self) -> str:
        """Names this state folder on the engine, so that two of them never touch each other's containers."""
        return hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:12]

    @property
    def network(self) -> str:
        return f"localku-{self.home_id}"

    def labels(self, app: App, role: str | None = None) -> dict[str, str]:
        marks = {labels.HOME: self.home_id, labels.APP: app.name}
        return {**marks, labels.ROLE: role} if role else marks

    def log(self, app: App) -> AppLog:
        return AppLog(self.store.folder(app.name) / "log", self.clock)


def open_context() -> Context:
    """Connect the pieces as the environment says; `LOCALKU_CLOCK_SCALE=60` makes Heroku's minutes seconds."""
    return Context(Store(paths.home()), Engine(), system_clock(os.environ))
