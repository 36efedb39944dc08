"""The step to one record of a failed build: what the doctor kept of it beside the builds becomes a build's own."""

from __future__ import annotations

import json
import sqlite3
import uuid
from pathlib import Path

NAMESPACE = uuid.UUID("0d2b8c52-6a55-4f0e-9d0b-7a1c5e3f2b90")

KIND = "transcript"
"""What `observations` called it: `{"output": [line, ...], "refusal": [message, hint] | null}`."""


def transcripts(connection: sqlite3.Connection, home: Path) -> None:
    """Move each into the builds. Killed before the commit, it does the same once more."""
    kept = connection.execute(
        "SELECT app_id, apps.uuid, data, at FROM observations JOIN apps ON apps.id = app_id WHERE kind = ?", (KIND,)
    ).fetchall()
    for app_id, folder, data, at in kept:
        seen = json.loads(data)
        if isinstance(seen, dict) and seen["output"] and not _answered(connection, app_id, at):
            _move(connection, home / "apps" / folder / "builds", (app_id, at), seen)
    connection.execute("DELETE FROM observations WHERE kind = ?", (KIND,))


def _answered(connection: sqlite3.Connection, app_id: int, at: str) -> bool:
    """Whether a slug was made since."""
    found = connection.execute("SELECT 1 FROM slugs WHERE app_id = ? AND created_at >= ?", (app_id, at))
    return found.fetchone() is not None


def _move(connection: sqlite3.Connection, folder: Path, whose: tuple[int, str], seen: dict[str, list[str]]) -> None:
    app_id, at = whose
    failure, output = json.dumps(seen["refusal"] or ["", ""]), seen["output"]
    newest = connection.execute(
        "SELECT id, status FROM builds WHERE app_id = ? ORDER BY rowid DESC LIMIT 1", (app_id,)
    ).fetchone()
    if newest and newest[1] == "failed" and _ends_with(folder / f"{newest[0]}.log", output[-1]):
        connection.execute("UPDATE builds SET failure = ? WHERE id = ?", (failure, newest[0]))
        return
    made = str(uuid.uuid5(NAMESPACE, f"{folder}/{at}"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{made}.log").write_text("".join(f"{line}\n" for line in output), errors="replace")
    connection.execute(
        "INSERT INTO builds (id, app_id, status, stack, buildpacks, created_at, updated_at, failure)"
        " SELECT ?, id, 'failed', coalesce(stack, 'auto'), '[]', ?, ?, ? FROM apps WHERE id = ?",
        (made, at, at, failure, app_id),
    )


def _ends_with(file: Path, line: str) -> bool:
    try:
        return file.read_text(errors="replace").rstrip("\n").endswith(line)
    except OSError:
        return False
