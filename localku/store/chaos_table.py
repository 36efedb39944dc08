"""Which apps want trouble made for them, and of which kind."""

from __future__ import annotations

import json
from datetime import datetime

from localku.records import App, ChaosPlan
from localku.store.database import Database


class Chaos:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, app: App) -> ChaosPlan | None:
        row = self._db.row("SELECT * FROM chaos WHERE app_id = ?", app.id)
        if row is None:
            return None
        since = datetime.fromisoformat(row["since"])
        return ChaosPlan(row["app_id"], row["rate"], row["seed"], tuple(json.loads(row["kinds"])), since)

    def set(self, plan: ChaosPlan) -> None:
        self._db.run(
            "INSERT OR REPLACE INTO chaos VALUES (?, ?, ?, ?, ?)",
            plan.app_id,
            plan.rate,
            plan.seed,
            json.dumps(plan.kinds),
            plan.since.isoformat(),
        )

    def clear(self, app: App) -> None:
        self._db.run("DELETE FROM chaos WHERE app_id = ?", app.id)
