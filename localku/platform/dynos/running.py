"""Whether some localku runs an app: the one that does holds the app's lock, and lets go of it however it ends."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.states import Wanted
from localku.store.records import App

NAMED_SECONDS = 5.0
"""Whoever takes a lock says a moment later who it is."""


def supervisor_lock(context: Context, app: App) -> Path:
    return context.store.folder(app) / "supervisor.lock"


def is_running(context: Context, app: App) -> int | None:
    """Process id of the localku that runs the app, None when none does."""
    return locks.holder(supervisor_lock(context, app))


def tell_to_stop(context: Context, app: App) -> None:
    """Have the localku that runs the app stop it, as Ctrl-C does: where the store cannot be written."""
    deadline = time.monotonic() + NAMED_SECONDS
    while (holder := is_running(context, app)) is not None and time.monotonic() < deadline:
        if holder:
            with suppress(ProcessLookupError):
                os.kill(holder, signal.SIGTERM)
            return
        time.sleep(0.05)


def url(context: Context, app: App) -> str | None:
    """Where the app answers now, None while nobody runs it."""
    running = context.store.apps.by_id(app.id)
    if is_running(context, app) is None or running.wanted is not Wanted.UP:
        return None
    return address(running)


def address(app: App) -> str:
    """Where the app answers while somebody runs it."""
    return f"http://{app.name}.localhost:{app.port}"
