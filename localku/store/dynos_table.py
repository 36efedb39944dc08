"""What the supervisor last saw of each dyno, and which dynos were asked to restart."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from localku.records import EVERY_DYNO, App, DynoRecord
from localku.states import DynoState
from localku.store.database import Database


class Dynos:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, app_id: int) -> tuple[DynoRecord, ...]:
        return tuple(_dyno(row) for row in self._db.rows("SELECT * FROM dynos WHERE app_id = ? ORDER BY name", app_id))

    def save(self, dyno: DynoRecord) -> None:
        self._db.run(
            "INSERT OR REPLACE INTO dynos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            dyno.app_id,
            dyno.name,
            dyno.type,
            dyno.state,
            dyno.release,
            dyno.size,
            dyno.command,
            dyno.container,
            dyno.host,
            dyno.port,
            dyno.since.isoformat(),
            dyno.exit_status,
            dyno.crashes,
            dyno.retry_at.isoformat() if dyno.retry_at else None,
            dyno.generation,
        )

    def forget(self, app_id: int, name: str) -> None:
        self._db.run("DELETE FROM dynos WHERE app_id = ? AND name = ?", app_id, name)

    def ask_restart(self, app: App, dyno: str = EVERY_DYNO) -> None:
        """Want a fresh dyno in place of one, or of all of them."""
        self._db.run(
            "INSERT INTO restarts VALUES (?, ?, 1)"
            " ON CONFLICT (app_id, dyno) DO UPDATE SET generation = generation + 1",
            app.id,
            dyno,
        )

    def generations(self, app_id: int) -> dict[str, int]:
        """How often a restart was asked for, by dyno and for `EVERY_DYNO`."""
        rows = self._db.rows("SELECT dyno, generation FROM restarts WHERE app_id = ?", app_id)
        return {row["dyno"]: row["generation"] for row in rows}


def _dyno(row: sqlite3.Row) -> DynoRecord:
    return DynoRecord(
        app_id=row["app_id"],
        name=row["name"],
        type=row["type"],
        state=DynoState(row["state"]),
        release=row["release"],
        size=row["size"],
        command=row["command"],
        container=row["container"],
        host=row["host"],
        port=row["port"],
        since=datetime.fromisoformat(row["since"]),
        exit_status=row["exit_status"],
        crashes=row["crashes"],
        retry_at=datetime.fromisoformat(row["retry_at"]) if row["retry_at"] else None,
        generation=row["generation"],
    )
