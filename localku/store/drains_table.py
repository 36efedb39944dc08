"""Where apps' logs are sent to."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from localku.records import App, Drain
from localku.store.database import Database


class Drains:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, drain: Drain) -> None:
        self._db.run(
            "INSERT INTO drains (id, app_id, url, token, created_at) VALUES (?, ?, ?, ?, ?)",
            drain.id,
            drain.app_id,
            drain.url,
            drain.token,
            drain.created_at.isoformat(),
        )

    def of(self, app: App) -> tuple[Drain, ...]:
        """The app's drains, oldest first."""
        rows = self._db.rows("SELECT * FROM drains WHERE app_id = ? ORDER BY rowid", app.id)
        return tuple(_drain(row) for row in rows)

    def remove(self, drain: Drain) -> None:
        self._db.run("DELETE FROM drains WHERE id = ?", drain.id)


def _drain(row: sqlite3.Row) -> Drain:
    return Drain(
        id=row["id"],
        app_id=row["app_id"],
        url=row["url"],
        token=row["token"],
        created_at=datetime.fromisoformat(row["created_at"]),
    )
