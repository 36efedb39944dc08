"""Add-ons, each with the attachments it has."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from localku.records import Addon, App, Attachment
from localku.store.addons.attachments_table import attachment
from localku.store.database import Database

_INSERT = """
INSERT INTO addons (app_id, service, name, plan, version, role, password, database_name, host, port, created_at,
                    over_since, enforce_now, engine_name)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ATTACH = "INSERT INTO attachments (addon_id, app_id, name, created_at) VALUES (?, ?, ?, ?)"


class Addons:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, addon: Addon) -> Addon:
        """Keep a new add-on with its attachments; their ids are given here."""
        with self._db.transaction() as connection:
            done = connection.execute(_INSERT, _values(addon))
            for one in addon.attachments:
                values = (done.lastrowid, one.app_id, one.name, one.created_at.isoformat())
                connection.execute(_ATTACH, values)
        return self.by_id(done.lastrowid or 0)

    def by_id(self, number: int) -> Addon:
        """Raise LookupError where there is none."""
        found = self._found(self._db.rows("SELECT * FROM addons WHERE id = ?", number))
        if not found:
            raise LookupError(number)
        return found[0]

    def of(self, app: App) -> tuple[Addon, ...]:
        """Those that are billed to the app, the oldest first."""
        return self._found(self._db.rows("SELECT * FROM addons WHERE app_id = ? ORDER BY id", app.id))

    def attached(self, app: App) -> tuple[Addon, ...]:
        """Those that the app has an attachment of, its own and others'."""
        sql = "SELECT * FROM addons WHERE id IN (SELECT addon_id FROM attachments WHERE app_id = ?) ORDER BY id"
        return self._found(self._db.rows(sql, app.id))

    def all(self) -> tuple[Addon, ...]:
        return self._found(self._db.rows("SELECT * FROM addons ORDER BY id"))

    def move(self, addon: Addon, host: str, port: int) -> None:
        """Remember where the add-on answers now."""
        self._db.run("UPDATE addons SET host = ?, port = ? WHERE id = ?", host, port, addon.id)

    def set_password(self, addon: Addon, password: str) -> None:
        """Remember the password of its role."""
        self._db.run("UPDATE addons SET password = ? WHERE id = ?", password, addon.id)

    def named(self, name: str) -> Addon | None:
        """The add-on of that name, whatever app it is billed to."""
        return next(iter(self._found(self._db.rows("SELECT * FROM addons WHERE name = ?", name))), None)

    def with_uuid(self, uuid: str) -> Addon | None:
        return next(iter(self._found(self._db.rows("SELECT * FROM addons WHERE uuid = ?", uuid))), None)

    def set_version(self, addon: Addon, version: str) -> None:
        """Remember the major version that its files belong to."""
        self._db.run("UPDATE addons SET version = ? WHERE id = ?", version, addon.id)

    def rename(self, addon: Addon, name: str) -> None:
        self._db.run("UPDATE addons SET name = ? WHERE id = ?", name, addon.id)

    def over(self, addon: Addon, since: datetime | None) -> None:
        """Remember since when the add-on has been over its quota, None where it is not."""
        self._db.run("UPDATE addons SET over_since = ? WHERE id = ?", since and since.isoformat(), addon.id)

    def enforce_now(self, addon: Addon, *, wanted: bool) -> None:
        """Remember whether the quota is enforced without the time of grace."""
        self._db.run("UPDATE addons SET enforce_now = ? WHERE id = ?", int(wanted), addon.id)

    def remove(self, addon: Addon) -> None:
        self._db.run("DELETE FROM addons WHERE id = ?", addon.id)

    def _found(self, rows: Iterable[sqlite3.Row]) -> tuple[Addon, ...]:
        found = tuple(map(_addon, rows))
        if not found:
            return ()
        attached = defaultdict[int, list[Attachment]](list)
        marks = ", ".join("?" for _ in found)
        sql = f"SELECT * FROM attachments WHERE addon_id IN ({marks}) ORDER BY id"  # noqa: S608 - question marks
        for row in self._db.rows(sql, *(one.id for one in found)):
            attached[row["addon_id"]].append(attachment(row))
        return tuple(replace(one, attachments=tuple(attached[one.id])) for one in found)


def _values(addon: Addon) -> tuple[str | int | None, ...]:
    return (
        addon.app_id,
        addon.service,
        addon.name,
        addon.plan,
        addon.version,
        addon.role,
        addon.password,
        addon.database,
        addon.host,
        addon.port,
        addon.created_at.isoformat(),
        addon.over_since.isoformat() if addon.over_since else None,
        int(addon.enforce_now),
        addon.engine_name or addon.name,
    )


def _addon(row: sqlite3.Row) -> Addon:
    return Addon(
        id=row["id"],
        app_id=row["app_id"],
        name=row["name"],
        plan=row["plan"],
        attachments=(),
        role=row["role"],
        password=row["password"],
        database=row["database_name"],
        host=row["host"],
        port=row["port"],
        created_at=datetime.fromisoformat(row["created_at"]),
        uuid=row["uuid"],
        service=row["service"],
        version=row["version"],
        over_since=datetime.fromisoformat(row["over_since"]) if row["over_since"] else None,
        enforce_now=bool(row["enforce_now"]),
        engine_name=row["engine_name"],
    )
