"""Attachments: add-ons under names of apps."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from localku.records import Addon, App, Attachment
from localku.store.database import Database


class Attachments:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, app: App) -> tuple[Attachment, ...]:
        """The app's, of its own add-ons and of others', the oldest first."""
        return tuple(attachment(row) for row in self._db.rows("SELECT * FROM attachments WHERE app_id = ?", app.id))

    def named(self, app: App, name: str) -> Attachment | None:
        row = self._db.row("SELECT * FROM attachments WHERE app_id = ? AND name = ?", app.id, name)
        return attachment(row) if row else None

    def with_uuid(self, uuid: str) -> Attachment | None:
        """The one of that UUID, of whatever app."""
        row = self._db.row("SELECT * FROM attachments WHERE uuid = ?", uuid)
        return attachment(row) if row else None

    def add(self, addon: Addon, app: App, name: str, now: datetime) -> None:
        """Attach the add-on under a name; what had the name there has it no more."""
        with self._db.transaction() as connection:
            connection.execute("DELETE FROM attachments WHERE app_id = ? AND name = ?", (app.id, name))
            connection.execute(
                "INSERT INTO attachments (addon_id, app_id, name, created_at) VALUES (?, ?, ?, ?)",
                (addon.id, app.id, name, now.isoformat()),
            )

    def remove(self, found: Attachment) -> None:
        self._db.run("DELETE FROM attachments WHERE id = ?", found.id)


def attachment(row: sqlite3.Row) -> Attachment:
    """Read a row of the table."""
    return Attachment(
        id=row["id"],
        uuid=row["uuid"],
        addon_id=row["addon_id"],
        app_id=row["app_id"],
        name=row["name"],
        created_at=datetime.fromisoformat(row["created_at"]),
    )
