"""The step to UUIDs: what was called by an app's name in this folder is called by its UUID.

The engine's labels cannot be changed and its volumes not be renamed, so what was made under the name is found by it
for as long as the app lives: `formerly` keeps it, whatever the app is called later. An app may be up meanwhile: the
localku that runs it goes on under the old path, which leads to the same folder.
"""

from __future__ import annotations

import os
import sqlite3
import uuid
from pathlib import Path

from localku import footprint
from localku.paths import home_id

NAMESPACE = uuid.UUID("6f0a2c0e-5d0f-4c55-9a1f-0c6e2b1d7a34")
"""What HEROKU_APP_ID was made of before it was kept: an app's id is the same after this step."""

_COLUMN = """
    ALTER TABLE {table} ADD COLUMN uuid TEXT;
    UPDATE {table} SET uuid = {random};
"""
_KEPT = """
    CREATE UNIQUE INDEX {table}_uuid ON {table} (uuid);
    CREATE TRIGGER {table}_uuid AFTER INSERT ON {table} WHEN NEW.uuid IS NULL
        BEGIN UPDATE {table} SET uuid = {random} WHERE rowid = NEW.rowid; END;
"""
_RANDOM = """lower(
    hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
    || substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"""
"""A UUID of version 4 (RFC 9562 §5.4), in SQL: rows of an older localku that still runs get one too."""


def identity(table: str) -> str:
    """Let each new row of a table that has a column `uuid` get one."""
    return _KEPT.format(table=table, random=_RANDOM)


TABLES = "ALTER TABLE apps ADD COLUMN formerly TEXT;" + "".join(
    _COLUMN.format(table=table, random=_RANDOM) + identity(table) for table in ("apps", "slugs", "releases", "addons")
)

RENAME_EXCHANGE = 2
AT_FDCWD = -100
"""Of `renameat2` (linux/fs.h, fcntl.h)."""


def identify(connection: sqlite3.Connection, home: Path) -> None:
    """Give each app its UUID and move its folder there. Killed before the commit, it does the same once more."""
    for number, name, created_at in connection.execute("SELECT id, name, created_at FROM apps").fetchall():
        made = str(uuid.uuid5(NAMESPACE, f"{home_id(home)}/{number}/{created_at}"))
        connection.execute("UPDATE apps SET uuid = ?, formerly = name WHERE id = ?", (made, number))
        move(home / "apps" / name, home / "apps" / made)


def footprints(connection: sqlite3.Connection, _home: Path) -> None:
    """Note by what each app's folder will be recognised."""
    for (root,) in connection.execute("SELECT root FROM folders").fetchall():
        connection.execute("UPDATE folders SET footprint = ? WHERE root = ?", (footprint.of(Path(root)), root))


def move(before: Path, after: Path) -> None:
    """Move a folder, and let its old path lead to it: for a process that opens files there all the while."""
    if before.is_symlink() or not (before.is_dir() or after.is_dir()):
        return
    if not after.is_dir():
        after.unlink(missing_ok=True)
        after.symlink_to(after.name)  # where it will lead once the two have changed places
        if _exchange(before, after):
            return
        after.unlink()
        before.rename(after)
    before.symlink_to(after.name)


def _exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one moment; False where the system or its files cannot."""
    import ctypes  # not at the start: for this step alone

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    done: int = rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE)
    return done == 0
