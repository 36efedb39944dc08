"""Custom domains: each belongs to one app."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from localku.records import App, Domain
from localku.store.database import Database


class Domains:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, app: App, hostname: str, target: str, now: datetime) -> None:
        """Keep a domain that no app has: ask in the same transaction."""
        self._db.run("INSERT INTO domains VALUES (?, ?, ?, ?)", hostname, app.id, target, now.isoformat())

    def named(self, hostname: str) -> Domain | None:
        row = self._db.row("SELECT * FROM domains WHERE hostname = ?", hostname)
        return _domain(row) if row else None

    def of(self, app: App) -> tuple[Domain, ...]:
        """In the order they were added."""
        rows = self._db.rows("SELECT * FROM domains WHERE app_id = ? ORDER BY created_at, rowid", app.id)
        return tuple(_domain(row) for row in rows)

    def all(self) -> tuple[Domain, ...]:
        return tuple(_domain(row) for row in self._db.rows("SELECT * FROM domains"))

    def remove(self, domain: Domain) -> None:
        self._db.run("DELETE FROM domains WHERE hostname = ?", domain.hostname)


def _domain(row: sqlite3.Row) -> Domain:
    return Domain(row["app_id"], row["hostname"], row["target"], datetime.fromisoformat(row["created_at"]))
