"""Where files that belong to single releases are."""

from __future__ import annotations

from pathlib import Path

from localku.context import Context
from localku.records import App


def folder(context: Context, app: App) -> Path:
    """The app's folder for what belongs to single releases."""
    made = context.store.folder(app) / "releases"
    made.mkdir(mode=0o700, exist_ok=True)
    return made
