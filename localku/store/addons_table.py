"""Add-ons and the config var each is attached as."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from localku.records import Addon, App
from localku.store.database import Database


class Addons:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, addon: Addon) -> Addon:
        """Keep a new add-on; its `id` is given here."""
        self._db.run(
            "INSERT INTO addons (app_id, name, plan, config_var, role, password, database_name, host, port, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            addon.app_id,
            addon.name,
            addon.plan,
            addon.config_var,
            addon.role,
            addon.password,
            addon.database,
            addon.host,
            addon.port,
            addon.created_at.isoformat(),
        )
        row = self._db.row("SELECT * FROM addons WHERE name = ?", addon.name)
        if row is None:
            raise LookupError(addon.name)
        return _addon(row)

    def of(self, app: App) -> tuple[Addon, ...]:
        return tuple(_addon(row) for row in self._db.rows("SELECT * FROM addons WHERE app_id = ? ORDER BY id", app.id))

    def move(self, addon: Addon, host: str, port: int) -> None:
        """Remember where the add-on answers now."""
        self._db.run("UPDATE addons SET host = ?, port = ? WHERE id = ?", host, port, addon.id)

    def remove(self, addon: Addon) -> None:
        self._db.run("DELETE FROM addons WHERE id = ?", addon.id)


def _addon(row: sqlite3.Row) -> Addon:
    return Addon(
        id=row["id"],
        app_id=row["app_id"],
        name=row["name"],
        plan=row["plan"],
        config_var=row["config_var"],
        role=row["role"],
        password=row["password"],
        database=row["database_name"],
        host=row["host"],
        port=row["port"],
        created_at=datetime.fromisoformat(row["created_at"]),
        uuid=row["uuid"],
    )
