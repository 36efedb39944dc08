"""Which apps have changed: a number for each, larger than all before it whenever one of its rows is written."""

from __future__ import annotations

from localku.records import App
from localku.store.database import Database

WATCHED = (
    "config_vars",
    "formation",
    "releases",
    "dynos",
    "restarts",
    "features",
    "domains",
    "drains",
    "addons",
    "oneoffs",
    "chaos",
    "scheduled",
)
"""Tables with what is wanted of an app and what runs of it, besides `apps` itself and tables of later steps."""

_NOTE = """
    CREATE TRIGGER IF NOT EXISTS {table}_{event}_changes AFTER {event} ON {table} BEGIN
        INSERT INTO changes (app_id, number) SELECT {row}.{column}, coalesce(max(number), 0) + 1 FROM changes WHERE true
        ON CONFLICT (app_id) DO UPDATE SET number = excluded.number;
    END;
"""


def notes(table: str, column: str) -> str:
    """Triggers that count each change of a table as one of the app in that column."""
    rows = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
    return "".join(_NOTE.format(table=table, event=event, row=row, column=column) for event, row in rows.items())


_TABLE = """
    CREATE TABLE IF NOT EXISTS changes (app_id INTEGER PRIMARY KEY, number INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS changes_by_number ON changes (number);
    INSERT OR IGNORE INTO changes SELECT id, id FROM apps;
"""

CHANGES = "".join((_TABLE, notes("apps", "id"), *(notes(table, "app_id") for table in WATCHED)))
"""The migration. An app that is destroyed leaves its row: that it is gone is a change, too."""


class Changes:
    def __init__(self, db: Database) -> None:
        self._db = db

    def number(self, app: App) -> int:
        """Return a number that is larger after each change of the app; 0 for one there never was."""
        row = self._db.row("SELECT number FROM changes WHERE app_id = ?", app.id)
        return int(row["number"]) if row else 0

    def since(self, number: int) -> tuple[int, tuple[int, ...]]:
        """Return the newest number, and the ids of apps that have changed after `number`, some of them gone.

        Whoever begins with 0 is told of every app there is.
        """
        rows = self._db.rows("SELECT app_id, number FROM changes WHERE number > ? ORDER BY number", number)
        return (int(rows[-1]["number"]) if rows else number), tuple(int(row["app_id"]) for row in rows)
