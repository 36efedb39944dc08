"""Which features an app has enabled, and since when."""

from __future__ import annotations

from datetime import datetime

from localku.records import App
from localku.store.database import Database


class Features:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, app: App) -> dict[str, datetime]:
        """Name of each enabled feature, and since when."""
        rows = self._db.rows("SELECT name, enabled_at FROM features WHERE app_id = ?", app.id)
        return {row["name"]: datetime.fromisoformat(row["enabled_at"]) for row in rows}

    def enable(self, app: App, name: str, now: datetime) -> None:
        self._db.run("INSERT OR IGNORE INTO features VALUES (?, ?, ?)", app.id, name, now.isoformat())

    def disable(self, app: App, name: str) -> None:
        self._db.run("DELETE FROM features WHERE app_id = ? AND name = ?", app.id, name)
