"""Folders of apps: each is of one app, an app may have several, and the one used last is its `root`."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from localku import footprint
from localku.records import App, FolderRecord
from localku.store.database import Database


class Folders:
    def __init__(self, db: Database) -> None:
        self._db = db

    def at(self, root: Path) -> FolderRecord | None:
        row = self._db.row("SELECT * FROM folders WHERE root = ?", str(root))
        return _folder(row) if row else None

    def left(self, mark: str) -> tuple[FolderRecord, ...]:
        """Records of a folder with this footprint that is not where they say any more."""
        found = (_folder(row) for row in self._db.rows("SELECT * FROM folders WHERE footprint = ?", mark))
        return tuple(one for one in found if footprint.of(one.root) != mark)

    def of(self, app: App) -> tuple[Path, ...]:
        """The one used last comes first."""
        rows = self._db.rows("SELECT root FROM folders WHERE app_id = ? ORDER BY used_at DESC, rowid DESC", app.id)
        return tuple(Path(row["root"]) for row in rows)

    def use(self, app: App, root: Path, now: datetime) -> None:
        """Keep that the folder is the app's, whoever had it before, and the one used last.

        Where that is known nothing is written, for then a command need not wait for the disk.
        """
        mark = footprint.of(root)
        last = self._db.row(
            "SELECT root, footprint FROM folders WHERE app_id = ? ORDER BY used_at DESC, rowid DESC LIMIT 1", app.id
        )
        if last is not None and tuple(last) == (str(root), mark):
            return
        self._db.run(
            "INSERT OR REPLACE INTO folders (root, app_id, footprint, used_at) VALUES (?, ?, ?, ?)",
            str(root),
            app.id,
            mark,
            now.isoformat(),
        )

    def moved(self, folder: FolderRecord, root: Path) -> None:
        """Let the record follow its folder."""
        self._db.run("UPDATE OR REPLACE folders SET root = ? WHERE root = ?", str(root), str(folder.root))


def _folder(row: sqlite3.Row) -> FolderRecord:
    return FolderRecord(root=Path(row["root"]), app_id=row["app_id"])
