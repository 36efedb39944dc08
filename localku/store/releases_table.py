"""Slugs, their dependency layers, and the releases that pair slugs with config vars."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime

from localku.records import USER, App, Layer, Release, ScheduledCommand, Slug
from localku.states import ReleaseStatus
from localku.store.database import Database


class Releases:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add_slug(self, slug: Slug) -> Slug:
        """Keep a slug; its `id` is given here."""
        slug_id = self._db.run(
            "INSERT INTO slugs (app_id, fingerprint, image, layer, process_types, buildpacks, stack, size,"
            " commit_id, created_at, cron) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            slug.app_id,
            slug.fingerprint,
            slug.image,
            slug.layer,
            json.dumps(dict(slug.process_types)),
            json.dumps(list(slug.buildpacks)),
            slug.stack,
            slug.size,
            slug.commit,
            slug.created_at.isoformat(),
            json.dumps([[entry.command, entry.schedule] for entry in slug.cron]),
        )
        return self.slug(slug_id)

    def slug(self, slug_id: int) -> Slug:
        row = self._db.row("SELECT * FROM slugs WHERE id = ?", slug_id)
        if row is None:
            raise LookupError(slug_id)
        return _slug(row)

    def slugs(self, app: App) -> tuple[Slug, ...]:
        """Newest first."""
        return tuple(
            _slug(row) for row in self._db.rows("SELECT * FROM slugs WHERE app_id = ? ORDER BY id DESC", app.id)
        )

    def add_layer(self, layer: Layer, now: datetime) -> None:
        self._db.run(
            "INSERT OR REPLACE INTO layers VALUES (?, ?, ?, ?, ?)",
            layer.app_id,
            layer.fingerprint,
            layer.image,
            layer.size,
            now.isoformat(),
        )

    def layers(self, app: App) -> tuple[Layer, ...]:
        rows = self._db.rows("SELECT * FROM layers WHERE app_id = ? ORDER BY created_at DESC", app.id)
        return tuple(Layer(row["app_id"], row["fingerprint"], row["image"], row["size"]) for row in rows)

    def drop_layer(self, layer: Layer) -> None:
        self._db.run("DELETE FROM layers WHERE app_id = ? AND fingerprint = ?", layer.app_id, layer.fingerprint)

    def add(
        self,
        app: App,
        slug: Slug | None,
        config: Mapping[str, str],
        description: str,
        status: str,
        now: datetime,
        actor: str = USER,
    ) -> Release:
        """Number and keep a new release, and with it which add-ons there are."""
        with self._db.transaction() as connection:
            last = connection.execute("SELECT max(version) FROM releases WHERE app_id = ?", (app.id,)).fetchone()[0]
            version = (last or 0) + 1
            addons = connection.execute("SELECT engine_name, plan FROM addons WHERE app_id = ?", (app.id,)).fetchall()
            connection.execute(
                "INSERT INTO releases (app_id, version, slug_id, config, description, status, created_at, addons,"
                " actor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    app.id,
                    version,
                    slug.id if slug else None,
                    json.dumps(dict(config)),
                    description,
                    ReleaseStatus(status),
                    now.isoformat(),
                    json.dumps({row["engine_name"]: row["plan"] for row in addons}),
                    actor,
                ),
            )
        return self.version(app, version)

    def finish(self, release: Release, status: ReleaseStatus) -> Release:
        """Give a pending release its status, and return what it has then; one that has a status keeps that.

        A release that succeeds after a newer one is `expired`: it must not look like what dynos run.
        """
        with self._db.transaction() as connection:
            current = connection.execute(
                "SELECT max(version) FROM releases WHERE app_id = ? AND status = ?",
                (release.app_id, ReleaseStatus.SUCCEEDED),
            ).fetchone()[0]
            if status == ReleaseStatus.SUCCEEDED and (current or 0) > release.version:
                status = ReleaseStatus.EXPIRED
            connection.execute(
                "UPDATE releases SET status = ? WHERE app_id = ? AND version = ? AND status = ?",
                (status, release.app_id, release.version, ReleaseStatus.PENDING),
            )
        return self._version(release.app_id, release.version)

    def pending(self, app: App) -> tuple[Release, ...]:
        """Oldest first."""
        rows = self._db.rows(
            "SELECT * FROM releases WHERE app_id = ? AND status = ? ORDER BY version", app.id, ReleaseStatus.PENDING
        )
        return tuple(_release(row) for row in rows)

    def version(self, app: App, version: int) -> Release:
        return self._version(app.id, version)

    def _version(self, app_id: int, version: int) -> Release:
        row = self._db.row("SELECT * FROM releases WHERE app_id = ? AND version = ?", app_id, version)
        if row is None:
            raise LookupError(version)
        return _release(row)

    def all(self, app: App) -> tuple[Release, ...]:
        """Newest first."""
        rows = self._db.rows("SELECT * FROM releases WHERE app_id = ? ORDER BY version DESC", app.id)
        return tuple(_release(row) for row in rows)

    def newest_at(self, app: App) -> datetime | None:
        """When the newest release was made."""
        row = self._db.row("SELECT created_at FROM releases WHERE app_id = ? ORDER BY version DESC LIMIT 1", app.id)
        return datetime.fromisoformat(row["created_at"]) if row else None

    def newest_of_all(self) -> dict[int, datetime]:
        """When the newest release of each app was made, by the app's id."""
        rows = self._db.rows(
            "SELECT app_id, created_at FROM releases WHERE (app_id, version) IN "
            "(SELECT app_id, max(version) FROM releases GROUP BY app_id)"
        )
        return {row["app_id"]: datetime.fromisoformat(row["created_at"]) for row in rows}

    def uuids(self, app: App) -> dict[int, str]:
        """Of all releases, by version."""
        rows = self._db.rows("SELECT version, uuid FROM releases WHERE app_id = ?", app.id)
        return {row["version"]: row["uuid"] for row in rows}

    def slug_uuids(self, app: App) -> dict[int, str]:
        """Of all slugs, by id."""
        return {row["id"]: row["uuid"] for row in self._db.rows("SELECT id, uuid FROM slugs WHERE app_id = ?", app.id)}

    def current(self, app: App) -> Release | None:
        """The newest release that succeeded: what dynos run."""
        row = self._db.row(
            "SELECT * FROM releases WHERE app_id = ? AND status = ? ORDER BY version DESC LIMIT 1",
            app.id,
            ReleaseStatus.SUCCEEDED,
        )
        return _release(row) if row else None

    def current_slug(self, app: App) -> Slug | None:
        release = self.current(app)
        return self.slug(release.slug_id) if release and release.slug_id else None

    def current_slugs(self) -> dict[int, Slug]:
        """Of all apps that have one, by the app's id."""
        rows = self._db.rows(
            "SELECT slugs.* FROM releases JOIN slugs ON slugs.id = releases.slug_id"
            " WHERE (releases.app_id, version) IN"
            " (SELECT app_id, max(version) FROM releases WHERE status = ? GROUP BY app_id)",
            ReleaseStatus.SUCCEEDED,
        )
        return {row["app_id"]: _slug(row) for row in rows}


def _slug(row: sqlite3.Row) -> Slug:
    return Slug(
        id=row["id"],
        app_id=row["app_id"],
        fingerprint=row["fingerprint"],
        image=row["image"],
        layer=row["layer"],
        process_types=json.loads(row["process_types"]),
        buildpacks=tuple(json.loads(row["buildpacks"])),
        stack=row["stack"],
        size=row["size"],
        commit=row["commit_id"],
        created_at=datetime.fromisoformat(row["created_at"]),
        cron=tuple(ScheduledCommand(command, schedule) for command, schedule in json.loads(row["cron"])),
        uuid=row["uuid"],
    )


def _release(row: sqlite3.Row) -> Release:
    return Release(
        app_id=row["app_id"],
        version=row["version"],
        slug_id=row["slug_id"],
        config=json.loads(row["config"]),
        description=row["description"],
        status=ReleaseStatus(row["status"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        addons=json.loads(row["addons"]) if row["addons"] else None,
        uuid=row["uuid"],
        actor=row["actor"],
    )
