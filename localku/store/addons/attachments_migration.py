"""The step to attachments: an add-on's config var becomes a row of its own, for there may be several."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from localku.store.changes_table import notes
from localku.store.database import execute
from localku.store.uuid_migration import identity

_ADDONS = """
    CREATE TABLE addons (
        id INTEGER PRIMARY KEY,
        uuid TEXT,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        service TEXT NOT NULL,
        name TEXT NOT NULL UNIQUE,
        plan TEXT NOT NULL,
        version TEXT NOT NULL,
        role TEXT NOT NULL,
        password TEXT NOT NULL,
        database_name TEXT NOT NULL,
        host TEXT NOT NULL,
        port INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        over_since TEXT,
        enforce_now INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE attachments (
        id INTEGER PRIMARY KEY,
        uuid TEXT,
        addon_id INTEGER NOT NULL REFERENCES addons(id) ON DELETE CASCADE,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        created_at TEXT NOT NULL,
        UNIQUE (app_id, name)
    );
"""
_FILL = """
    INSERT INTO addons SELECT id, uuid, app_id, 'heroku-postgresql', name, plan, '', role, password, database_name,
        host, port, created_at, NULL, 0 FROM addons_before;
    INSERT INTO attachments (addon_id, app_id, name, created_at)
        SELECT id, app_id, substr(config_var, 1, length(config_var) - 4), created_at FROM addons_before;
    DROP TABLE addons_before;
"""


def attachments(connection: sqlite3.Connection, _home: Path) -> None:
    """Make the tables anew: SQLite drops no column that a constraint names."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'attachments'").fetchone():
        return
    for event in ("INSERT", "UPDATE", "DELETE"):
        connection.execute(f"DROP TRIGGER addons_{event}_changes")
    connection.execute("DROP TRIGGER addons_uuid")
    connection.execute("DROP INDEX addons_uuid")
    connection.execute("ALTER TABLE addons RENAME TO addons_before")
    for script in (_ADDONS, identity("attachments"), _FILL, identity("addons")):
        execute(connection, script)
    for table in ("addons", "attachments"):
        execute(connection, notes(table, "app_id"))


def engine_names(connection: sqlite3.Connection, _home: Path) -> None:
    """Let what is in the engine keep the name that an add-on was made with, whatever it is called later."""
    if "engine_name" not in {row[1] for row in connection.execute("PRAGMA table_info(addons)")}:
        connection.execute("ALTER TABLE addons ADD COLUMN engine_name TEXT NOT NULL DEFAULT ''")
        connection.execute("UPDATE addons SET engine_name = name")
