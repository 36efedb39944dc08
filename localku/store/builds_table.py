"""Builds: each attempt to make a slug, and how it ended."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime

from localku.records import App, Build, BuildStatus, Failure
from localku.store.database import Database


class Builds:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, build: Build) -> None:
        self._db.run(
            "INSERT INTO builds (id, app_id, status, source_version, stack, buildpacks, slug_id, release, created_at,"
            " updated_at, failure) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            build.id,
            build.app_id,
            build.status,
            build.source_version,
            build.stack,
            json.dumps(list(build.buildpacks)),
            build.slug_id,
            build.release,
            build.created_at.isoformat(),
            build.updated_at.isoformat(),
            _failure(build),
        )

    def update(self, build: Build) -> None:
        """Keep how far it has come; one that has ended stays as it ended."""
        self._db.run(
            "UPDATE builds SET status = ?, stack = ?, buildpacks = ?, slug_id = ?, release = ?, updated_at = ?,"
            " failure = ? WHERE id = ? AND status = ?",
            build.status,
            build.stack,
            json.dumps(list(build.buildpacks)),
            build.slug_id,
            build.release,
            build.updated_at.isoformat(),
            _failure(build),
            build.id,
            BuildStatus.PENDING,
        )

    def of(self, app: App) -> tuple[Build, ...]:
        """Newest first."""
        return tuple(
            _build(row) for row in self._db.rows("SELECT * FROM builds WHERE app_id = ? ORDER BY rowid DESC", app.id)
        )

    def forget_failures(self, app: App) -> None:
        self._db.run("UPDATE builds SET failure = NULL WHERE app_id = ? AND failure IS NOT NULL", app.id)

    def remove(self, build: Build) -> None:
        self._db.run("DELETE FROM builds WHERE id = ?", build.id)


def _failure(build: Build) -> str | None:
    return json.dumps([build.failure.message, build.failure.hint]) if build.failure else None


def _build(row: sqlite3.Row) -> Build:
    return Build(
        id=row["id"],
        app_id=row["app_id"],
        status=BuildStatus(row["status"]),
        source_version=row["source_version"],
        stack=row["stack"],
        buildpacks=tuple(json.loads(row["buildpacks"])),
        slug_id=row["slug_id"],
        release=row["release"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        failure=Failure(*json.loads(row["failure"])) if row["failure"] else None,
    )
