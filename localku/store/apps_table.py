"""Apps, their config vars, buildpacks and formation."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from localku import footprint
from localku.errors import CLIENT, Kind, LocalkuError
from localku.records import App, FormationEntry
from localku.states import Wanted
from localku.store.database import Database

UIDS = range(10000, 60000)
"""At random, as Heroku's are: the kernel counts processes by user, over all that runs on the machine."""


_SELECT = (
    "SELECT apps.*, (SELECT folders.root FROM folders WHERE folders.app_id = apps.id"
    " ORDER BY used_at DESC, folders.rowid DESC LIMIT 1) AS folder FROM apps"
)


class Apps:
    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, name: str, root: Path | None, now: datetime) -> App:
        """Keep a new app. Raise LocalkuError when another process has just made one of this name or folder."""
        try:
            return self._create(name, root, now)
        except sqlite3.IntegrityError as error:
            taken = "folder" if "root" in str(error) else "name"
            raise LocalkuError(
                f"There is an app of this {taken} already: {name}.",
                f"`{CLIENT} apps` lists them.",
                kind=Kind.INVALID,
                resource="app",
            ) from error

    def _create(self, name: str, root: Path | None, now: datetime) -> App:
        with self._db.transaction() as connection:
            taken = {row[0] for row in connection.execute("SELECT uid FROM apps")}
            uid = next(number for number in _uids() if number not in taken)
            made = connection.execute(
                "INSERT INTO apps (name, uid, domain_suffix, created_at) VALUES (?, ?, lower(hex(randomblob(6))), ?)",
                (name, uid, now.isoformat()),
            )
            if root is not None:
                connection.execute(
                    "INSERT INTO folders (root, app_id, footprint, used_at) VALUES (?, ?, ?, ?)",
                    (str(root), made.lastrowid, footprint.of(root), now.isoformat()),
                )
            return self.by_id(made.lastrowid or 0)

    def with_id(self, app_id: int) -> App | None:
        return self._one("id = ?", app_id)

    def by_id(self, app_id: int) -> App:
        found = self.with_id(app_id)
        if found is None:
            raise LookupError(app_id)
        return found

    def named(self, name: str) -> App | None:
        return self._one("name = ?", name)

    def with_uuid(self, uuid: str) -> App | None:
        return self._one("uuid = ?", uuid)

    def marked(self, label: str) -> App | None:
        """Return the app whose things in the engine are labelled so: with its UUID, or its name of before."""
        return self._one("uuid = ? OR formerly = ?", label, label)

    def _one(self, which: str, *values: object) -> App | None:
        row = self._db.row(f"{_SELECT} WHERE {which}", *values)
        return _app(row) if row else None

    def all(self) -> tuple[App, ...]:
        return tuple(_app(row) for row in self._db.rows(f"{_SELECT} ORDER BY name"))

    def destroy(self, app: App) -> None:
        with self._db.transaction() as connection:
            connection.execute("DELETE FROM releases WHERE app_id = ?", (app.id,))
            connection.execute("DELETE FROM apps WHERE id = ?", (app.id,))

    def rename(self, app: App, name: str) -> App:
        """Give the app another name. Raise LocalkuError when an app has it already."""
        try:
            self._db.run("UPDATE apps SET name = ? WHERE id = ?", name, app.id)
        except sqlite3.IntegrityError as error:
            raise LocalkuError(
                f"Name {name} is already taken.", f"`{CLIENT} apps` lists the apps.", kind=Kind.INVALID, resource="app"
            ) from error
        return self.by_id(app.id)

    def want(self, app: App, wanted: Wanted) -> None:
        self._db.run("UPDATE apps SET wanted = ? WHERE id = ?", wanted, app.id)

    def set_port(self, app: App, port: int | None) -> None:
        self._db.run("UPDATE apps SET port = ? WHERE id = ?", port, app.id)

    def set_cycling(self, app: App, every: float | None) -> None:
        """Have the app's dynos cycled after so many seconds; None: as on Heroku."""
        self._db.run("UPDATE apps SET cycle_every = ? WHERE id = ?", every, app.id)

    def set_stack(self, app: App, stack: str | None) -> None:
        self._db.run("UPDATE apps SET stack = ? WHERE id = ?", stack, app.id)

    def set_maintenance(self, app: App, *, on: bool) -> None:
        self._db.run("UPDATE apps SET maintenance = ? WHERE id = ?", on, app.id)

    def set_postdeploy(self, app: App, command: str) -> None:
        """Keep the command that is to run once, after the first release with code."""
        self._db.run("UPDATE apps SET postdeploy = ? WHERE id = ?", command, app.id)

    def take_postdeploy(self, app: App) -> str | None:
        """Return the command that was to run once, and forget it."""
        with self._db.transaction() as connection:
            row = connection.execute("SELECT postdeploy FROM apps WHERE id = ?", (app.id,)).fetchone()
            connection.execute("UPDATE apps SET postdeploy = NULL WHERE id = ?", (app.id,))
        return str(row["postdeploy"]) if row["postdeploy"] else None

    def set_env_file(self, app: App, digest: str) -> None:
        """Remember which `.env` was taken over last, by its digest."""
        self._db.run("UPDATE apps SET env_file = ? WHERE id = ?", digest, app.id)

    def config(self, app: App) -> dict[str, str]:
        rows = self._db.rows("SELECT name, value FROM config_vars WHERE app_id = ? ORDER BY name", app.id)
        return {row["name"]: row["value"] for row in rows}

    def change_config(self, app: App, changes: Mapping[str, str | None]) -> None:
        """Set each variable, or take it away where the value is None."""
        with self._db.transaction() as connection:
            for name, value in changes.items():
                connection.execute("DELETE FROM config_vars WHERE app_id = ? AND name = ?", (app.id, name))
                if value is not None:
                    connection.execute("INSERT INTO config_vars VALUES (?, ?, ?)", (app.id, name, value))

    def buildpacks(self, app: App) -> tuple[str, ...]:
        rows = self._db.rows("SELECT reference FROM buildpacks WHERE app_id = ? ORDER BY ordinal", app.id)
        return tuple(row["reference"] for row in rows)

    def set_buildpacks(self, app: App, references: tuple[str, ...]) -> None:
        with self._db.transaction() as connection:
            connection.execute("DELETE FROM buildpacks WHERE app_id = ?", (app.id,))
            for ordinal, reference in enumerate(references):
                connection.execute("INSERT INTO buildpacks VALUES (?, ?, ?)", (app.id, ordinal, reference))

    def formation(self, app: App) -> tuple[FormationEntry, ...]:
        rows = self._db.rows("SELECT type, quantity, size FROM formation WHERE app_id = ? ORDER BY type", app.id)
        return tuple(FormationEntry(row["type"], row["quantity"], row["size"]) for row in rows)

    def formations(self) -> dict[int, tuple[FormationEntry, ...]]:
        """Of all apps that have one, by the app's id."""
        found: dict[int, tuple[FormationEntry, ...]] = {}
        for row in self._db.rows("SELECT app_id, type, quantity, size FROM formation ORDER BY app_id, type"):
            entry = FormationEntry(row["type"], row["quantity"], row["size"])
            found[row["app_id"]] = (*found.get(row["app_id"], ()), entry)
        return found

    def scale(self, app: App, entries: tuple[FormationEntry, ...]) -> None:
        with self._db.transaction() as connection:
            for entry in entries:
                connection.execute(
                    "INSERT INTO formation VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (app_id, type)"
                    " DO UPDATE SET quantity = excluded.quantity, size = excluded.size",
                    (app.id, entry.type, entry.quantity, entry.size),
                )


def _uids() -> Iterator[int]:
    import secrets  # not at the start: for new apps alone, and OpenSSL comes with it

    while True:
        yield UIDS.start + secrets.randbelow(len(UIDS))


def _app(row: sqlite3.Row) -> App:
    return App(
        id=row["id"],
        uuid=row["uuid"],
        formerly=row["formerly"],
        name=row["name"],
        root=Path(row["folder"]) if row["folder"] else None,
        stack=row["stack"],
        uid=row["uid"],
        wanted=Wanted(row["wanted"]),
        port=row["port"],
        env_file=row["env_file"],
        maintenance=bool(row["maintenance"]),
        domain_suffix=row["domain_suffix"],
        created_at=datetime.fromisoformat(row["created_at"]),
        cycle_every=row["cycle_every"],
    )
