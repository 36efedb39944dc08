"""When databases are backed up."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from localku.records import App
from localku.store.database import Database
from localku.transfer_records import BackupSchedule


class BackupSchedules:
    def __init__(self, db: Database) -> None:
        self._db = db

    def set(self, schedule: BackupSchedule) -> None:
        """Keep a schedule; a database has one."""
        self._db.run(
            "INSERT INTO backup_schedules (id, app_id, addon, name, hour, timezone, done_until)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (app_id, addon) DO UPDATE SET"
            " name = excluded.name, hour = excluded.hour, timezone = excluded.timezone,"
            " done_until = excluded.done_until",
            schedule.id,
            schedule.app_id,
            schedule.addon,
            schedule.name,
            schedule.hour,
            schedule.timezone,
            schedule.done_until.isoformat(),
        )

    def of(self, app: App) -> tuple[BackupSchedule, ...]:
        rows = self._db.rows("SELECT * FROM backup_schedules WHERE app_id = ? ORDER BY rowid", app.id)
        return tuple(_schedule(row) for row in rows)

    def all(self) -> tuple[BackupSchedule, ...]:
        return tuple(_schedule(row) for row in self._db.rows("SELECT * FROM backup_schedules ORDER BY rowid"))

    def done(self, schedule: BackupSchedule, until: datetime) -> None:
        self._db.run("UPDATE backup_schedules SET done_until = ? WHERE id = ?", until.isoformat(), schedule.id)

    def remove(self, schedule: BackupSchedule) -> None:
        self._db.run("DELETE FROM backup_schedules WHERE id = ?", schedule.id)


def _schedule(row: sqlite3.Row) -> BackupSchedule:
    return BackupSchedule(
        id=row["id"],
        app_id=row["app_id"],
        addon=row["addon"],
        name=row["name"],
        hour=row["hour"],
        timezone=row["timezone"],
        done_until=datetime.fromisoformat(row["done_until"]),
    )
