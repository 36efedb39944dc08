"""All tables behind one door."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from localku.records import App
from localku.store.addons.addons_table import Addons
from localku.store.addons.attachments_table import Attachments
from localku.store.apps_table import Apps
from localku.store.builds_table import Builds
from localku.store.changes_table import Changes
from localku.store.chaos_table import Chaos
from localku.store.database import Database, tell_nobody
from localku.store.domains_table import Domains
from localku.store.drains_table import Drains
from localku.store.dynos_table import Dynos
from localku.store.features_table import Features
from localku.store.folders_table import Folders
from localku.store.observations_table import Observations
from localku.store.oneoffs_table import OneOffs
from localku.store.releases_table import Releases
from localku.store.scheduled_table import Scheduled
from localku.store.schema import MIGRATIONS
from localku.store.traffic_table import Traffic
from localku.store.transfers.schedules_table import BackupSchedules
from localku.store.transfers.transfers_table import Transfers


class Store:
    """The state in `home/state.db`; safe to open from several processes and threads at once."""

    def __init__(
        self,
        home: Path,
        committed: Callable[[], None] = tell_nobody,
        migrating: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.home = home
        self.db = Database(home / "state.db", MIGRATIONS, committed, migrating)
        self.apps = Apps(self.db)
        self.releases = Releases(self.db)
        self.builds = Builds(self.db)
        self.addons = Addons(self.db)
        self.attachments = Attachments(self.db)
        self.dynos = Dynos(self.db)
        self.oneoffs = OneOffs(self.db)
        self.folders = Folders(self.db)
        self.domains = Domains(self.db)
        self.drains = Drains(self.db)
        self.features = Features(self.db)
        self.observations = Observations(self.db)
        self.chaos = Chaos(self.db)
        self.scheduled = Scheduled(self.db)
        self.changes = Changes(self.db)
        self.transfers = Transfers(self.db)
        self.backup_schedules = BackupSchedules(self.db)
        self.traffic = Traffic(home)

    def folder(self, app: App) -> Path:
        """The app's own folder: its log and locks."""
        folder = self.home / "apps" / app.uuid
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def lead(self, app: App, name: str) -> None:
        """Let the folder be found under a name, by a localku from before apps had UUIDs that still runs the app."""
        link = self.folder(app).parent / name
        if not link.is_dir():
            link.unlink(missing_ok=True)
            link.symlink_to(app.uuid)

    def leads(self, app: App) -> tuple[Path, ...]:
        """The links under whose names the app's folder is found."""
        links = (path for path in self.folder(app).parent.iterdir() if path.is_symlink())
        return tuple(link for link in links if link.readlink() == Path(app.uuid))
