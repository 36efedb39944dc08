"""Maintenance mode: the router answers H80, dynos keep running (Dev Center, "Maintenance Mode")."""

from __future__ import annotations

from localku.context import Context
from localku.records import App


def switch(context: Context, app: App, *, on: bool) -> None:
    """Turn it on or off; the router sees it with the next request. No release, no restart."""
    context.store.apps.set_maintenance(app, on=on)
