"""Backups, restores and copies of databases, and how each has ended."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime

from localku.records import App
from localku.store.database import Database
from localku.transfer_records import Transfer, TransferKind, TransferStatus

TRANSFERS = """
    CREATE TABLE IF NOT EXISTS transfers (
        id TEXT PRIMARY KEY,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        kind TEXT NOT NULL,
        addon TEXT NOT NULL,
        source TEXT NOT NULL,
        target TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at TEXT NOT NULL,
        finished_at TEXT,
        source_bytes INTEGER NOT NULL DEFAULT 0,
        size INTEGER NOT NULL DEFAULT 0,
        checksum TEXT NOT NULL DEFAULT '',
        warnings INTEGER NOT NULL DEFAULT 0,
        logs TEXT NOT NULL DEFAULT '[]',
        cancel INTEGER NOT NULL DEFAULT 0,
        public_until TEXT,
        deleted INTEGER NOT NULL DEFAULT 0,
        UNIQUE (app_id, number)
    );
    CREATE TABLE IF NOT EXISTS backup_schedules (
        id TEXT PRIMARY KEY,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        addon TEXT NOT NULL,
        name TEXT NOT NULL,
        hour INTEGER NOT NULL,
        timezone TEXT NOT NULL,
        done_until TEXT NOT NULL,
        UNIQUE (app_id, addon)
    );
"""
"""The migration. What is deleted keeps its row: no number is given twice."""


class Transfers:
    def __init__(self, db: Database) -> None:
        self._db = db

    def next_number(self, app: App) -> int:
        row = self._db.row("SELECT coalesce(max(number), 0) + 1 AS next FROM transfers WHERE app_id = ?", app.id)
        return int(row["next"]) if row else 1

    def add(self, transfer: Transfer) -> None:
        self._db.run(
            "INSERT INTO transfers (id, app_id, number, kind, addon, source, target, status, created_at, source_bytes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            transfer.id,
            transfer.app_id,
            transfer.number,
            transfer.kind,
            transfer.addon,
            transfer.source,
            transfer.target,
            transfer.status,
            transfer.created_at.isoformat(),
            transfer.source_bytes,
        )

    def of(self, app: App) -> tuple[Transfer, ...]:
        """Newest first."""
        rows = self._db.rows("SELECT * FROM transfers WHERE app_id = ? AND NOT deleted ORDER BY number DESC", app.id)
        return tuple(_transfer(row) for row in rows)

    def get(self, ident: str) -> Transfer | None:
        row = self._db.row("SELECT * FROM transfers WHERE id = ? AND NOT deleted", ident)
        return _transfer(row) if row else None

    def public(self) -> tuple[Transfer, ...]:
        """Those of which there are links."""
        rows = self._db.rows("SELECT * FROM transfers WHERE public_until IS NOT NULL AND NOT deleted")
        return tuple(_transfer(row) for row in rows)

    def moved(self, transfer: Transfer, count: int) -> None:
        """Keep how many bytes have come through so far."""
        self._db.run("UPDATE transfers SET size = ? WHERE id = ?", count, transfer.id)

    def end(self, transfer: Transfer) -> None:
        """Keep how it has ended; one that has ended stays as it ended."""
        self._db.run(
            "UPDATE transfers SET status = ?, finished_at = ?, size = ?, source_bytes = ?, checksum = ?, warnings = ?,"
            " logs = ? WHERE id = ? AND status = ?",
            transfer.status,
            transfer.finished_at.isoformat() if transfer.finished_at else None,
            transfer.size,
            transfer.source_bytes,
            transfer.checksum,
            transfer.warnings,
            json.dumps(list(transfer.logs)),
            transfer.id,
            TransferStatus.RUNNING,
        )

    def broke(self, transfer: Transfer, why: str) -> None:
        """Note that a backup is none any more."""
        logs = json.dumps([*transfer.logs, why])
        self._db.run("UPDATE transfers SET status = ?, logs = ? WHERE id = ?", TransferStatus.FAILED, logs, transfer.id)

    def cancel(self, transfer: Transfer) -> None:
        """Note that it shall end."""
        self._db.run("UPDATE transfers SET cancel = 1 WHERE id = ?", transfer.id)

    def is_cancelled(self, transfer: Transfer) -> bool:
        row = self._db.row("SELECT cancel FROM transfers WHERE id = ?", transfer.id)
        return row is None or bool(row["cancel"])

    def publish(self, transfer: Transfer, until: datetime) -> None:
        self._db.run("UPDATE transfers SET public_until = ? WHERE id = ?", until.isoformat(), transfer.id)

    def delete(self, transfer: Transfer) -> None:
        self._db.run("UPDATE transfers SET deleted = 1, public_until = NULL WHERE id = ?", transfer.id)


def _transfer(row: sqlite3.Row) -> Transfer:
    return Transfer(
        id=row["id"],
        app_id=row["app_id"],
        number=row["number"],
        kind=TransferKind(row["kind"]),
        addon=row["addon"],
        source=row["source"],
        target=row["target"],
        status=TransferStatus(row["status"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        finished_at=_moment(row["finished_at"]),
        source_bytes=row["source_bytes"],
        size=row["size"],
        checksum=row["checksum"],
        warnings=row["warnings"],
        logs=tuple(json.loads(row["logs"])),
        cancel=bool(row["cancel"]),
        public_until=_moment(row["public_until"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
