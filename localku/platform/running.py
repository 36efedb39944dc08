"""Whether some localku runs an app: the one that does holds the app's lock, and lets go of it however it ends."""

from __future__ import annotations

from pathlib import Path

from localku.platform import locks
from localku.platform.context import Context
from localku.store.records import App


def supervisor_lock(context: Context, app_name: str) -> Path:
    return context.store.folder(app_name) / "supervisor.lock"


def is_running(context: Context, app: App) -> int | None:
    """Process id of the localku that runs the app, None when none does."""
    return locks.holder(supervisor_lock(context, app.name))


def url(context: Context, app: App) -> str | None:
    """Where the app answers now, None while nobody runs it."""
    running = context.store.apps.by_id(app.id)
    if is_running(context, app) is None or running.wanted != "up":
        return None
    return f"http://{app.name}.localhost:{running.port}"
