"""What was seen of a dyno a moment before it was gone: the newest of each kind per dyno."""

from __future__ import annotations

import json
from datetime import datetime

from localku.records import App, Observation
from localku.store.changes_table import notes
from localku.store.database import Database

OBSERVATIONS = notes("observations", "app_id")
"""The migration that makes each one a change of the app: the doctor looks again."""


class Observations:
    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, seen: Observation) -> None:
        self._db.run(
            "INSERT OR REPLACE INTO observations VALUES (?, ?, ?, ?, ?, ?)",
            seen.app_id,
            seen.dyno,
            seen.kind,
            seen.release,
            json.dumps(seen.data),
            seen.at.isoformat(),
        )

    def forget(self, app: App, dyno: str, kind: str) -> None:
        self._db.run("DELETE FROM observations WHERE app_id = ? AND dyno = ? AND kind = ?", app.id, dyno, kind)

    def of(self, app: App) -> tuple[Observation, ...]:
        rows = self._db.rows("SELECT * FROM observations WHERE app_id = ? ORDER BY dyno, kind", app.id)
        return tuple(
            Observation(
                app_id=row["app_id"],
                dyno=row["dyno"],
                kind=row["kind"],
                release=row["release"],
                data=json.loads(row["data"]),
                at=datetime.fromisoformat(row["at"]),
            )
            for row in rows
        )
