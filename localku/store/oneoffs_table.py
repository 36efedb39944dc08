"""The one-off dynos that run now, each written by the process that looks after it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from localku.records import App, OneOff
from localku.states import DynoState, Wanted
from localku.store.database import Database


class OneOffs:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, app: App) -> tuple[OneOff, ...]:
        rows = self._db.rows("SELECT * FROM oneoffs WHERE app_id = ? ORDER BY name", app.id)
        return tuple(_oneoff(row) for row in rows)

    def detached(self) -> tuple[OneOff, ...]:
        """Those of all apps that run without a client."""
        rows = self._db.rows("SELECT * FROM oneoffs WHERE detached ORDER BY app_id, name")
        return tuple(_oneoff(row) for row in rows)

    def named(self, app: App, name: str) -> OneOff | None:
        row = self._db.row("SELECT * FROM oneoffs WHERE app_id = ? AND name = ?", app.id, name)
        return _oneoff(row) if row else None

    def add(self, dyno: OneOff) -> None:
        self._db.run(
            "INSERT OR REPLACE INTO oneoffs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            dyno.app_id,
            dyno.name,
            dyno.state,
            dyno.release,
            dyno.size,
            dyno.command,
            dyno.container,
            dyno.detached,
            dyno.wanted,
            dyno.since.isoformat(),
        )

    def set_state(self, app: App, name: str, state: DynoState, now: datetime) -> None:
        sql = "UPDATE oneoffs SET state = ?, since = ? WHERE app_id = ? AND name = ?"
        self._db.run(sql, state, now.isoformat(), app.id, name)

    def detach(self, app: App, name: str) -> None:
        """Its client is gone and it runs on."""
        self._db.run("UPDATE oneoffs SET detached = 1 WHERE app_id = ? AND name = ?", app.id, name)

    def stop(self, app: App, name: str) -> None:
        """Want its end; the process that looks after it sees to that."""
        self._db.run("UPDATE oneoffs SET wanted = ? WHERE app_id = ? AND name = ?", Wanted.DOWN, app.id, name)

    def forget(self, app: App, name: str) -> None:
        self._db.run("DELETE FROM oneoffs WHERE app_id = ? AND name = ?", app.id, name)


def _oneoff(row: sqlite3.Row) -> OneOff:
    return OneOff(
        app_id=row["app_id"],
        name=row["name"],
        state=DynoState(row["state"]),
        release=row["release"],
        size=row["size"],
        command=row["command"],
        container=row["container"],
        detached=bool(row["detached"]),
        wanted=Wanted(row["wanted"]),
        since=datetime.fromisoformat(row["since"]),
    )
