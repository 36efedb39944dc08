"""Whether some localku runs an app: the one that does holds the app's lock, and lets go of it however it ends."""

from __future__ import annotations

from pathlib import Path

from localku import locks
from localku.context import Context
from localku.records import App
from localku.states import Wanted


def supervisor_lock(context: Context, app: App) -> Path:
    return context.store.folder(app) / "supervisor.lock"


def watch_log(context: Context, app: App) -> Path:
    """Where a watcher in the background writes what it prints."""
    return context.store.folder(app) / "watch.log"


def is_running(context: Context, app: App) -> int | None:
    """Process id of the localku that runs the app, None when none does."""
    return locks.holder(supervisor_lock(context, app))


def shall_run(context: Context, app: App) -> bool:
    """Whether somebody wants the app up: not where it was destroyed."""
    found = context.store.apps.with_uuid(app.uuid)
    return found is not None and found.shall_run


def is_leased(context: Context, app: App) -> bool:
    """Whether it is wanted up for as long as somebody's lease lasts."""
    found = context.store.apps.with_uuid(app.uuid)
    return found is not None and found.wanted is Wanted.LEASED


def url(context: Context, app: App) -> str | None:
    """Where the app answers now, None while nobody runs it."""
    return url_now(context, context.store.apps.by_id(app.id))


def url_now(context: Context, app: App) -> str | None:
    """The same of an app that was just read."""
    return address(app) if app.shall_run and is_running(context, app) is not None else None


def address(app: App) -> str:
    """Where the app answers while somebody runs it."""
    return f"http://{app.name}.localhost:{app.port}"
