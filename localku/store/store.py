"""All tables behind one door."""

from __future__ import annotations

from pathlib import Path

from localku.store.addons import Addons
from localku.store.apps import Apps
from localku.store.chaos import Chaos
from localku.store.database import Database
from localku.store.domains import Domains
from localku.store.drains import Drains
from localku.store.dynos import Dynos
from localku.store.features import Features
from localku.store.observations import Observations
from localku.store.oneoffs import OneOffs
from localku.store.releases import Releases
from localku.store.scheduled import Scheduled
from localku.store.traffic import Traffic


class Store:
    """The state in `home/state.db`; safe to open from several processes and threads at once."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.db = Database(home / "state.db")
        self.apps = Apps(self.db)
        self.releases = Releases(self.db)
        self.addons = Addons(self.db)
        self.dynos = Dynos(self.db)
        self.oneoffs = OneOffs(self.db)
        self.domains = Domains(self.db)
        self.drains = Drains(self.db)
        self.features = Features(self.db)
        self.observations = Observations(self.db)
        self.chaos = Chaos(self.db)
        self.scheduled = Scheduled(self.db)
        self.traffic = Traffic(home)

    def folder(self, app_name: str) -> Path:
        """The app's own folder: its log, locks and certificates."""
        folder = self.home / "apps" / app_name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder
