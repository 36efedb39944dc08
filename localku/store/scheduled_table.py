"""Which scheduled commands have been started for which minute, so that none is started twice for one."""

from __future__ import annotations

from datetime import datetime

from localku.records import App, ScheduledCommand
from localku.store.database import Database


class Scheduled:
    def __init__(self, db: Database) -> None:
        self._db = db

    def claim(self, app: App, entry: ScheduledCommand, minute: datetime) -> bool:
        """Take the minute for the command; False when somebody has it already."""
        with self._db.transaction() as connection:
            row = connection.execute(
                "SELECT minute FROM scheduled WHERE app_id = ? AND command = ? AND schedule = ?",
                (app.id, entry.command, entry.schedule),
            ).fetchone()
            if row is not None and row["minute"] == minute.isoformat():
                return False
            connection.execute(
                "INSERT OR REPLACE INTO scheduled VALUES (?, ?, ?, ?)",
                (app.id, entry.command, entry.schedule, minute.isoformat()),
            )
        return True
