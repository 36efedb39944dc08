"""Which database the argument DATABASE of a command names, and the app that its backups are kept with."""

from __future__ import annotations

from dataclasses import dataclass

from localku.context import Context
from localku.platform.databases import find_database
from localku.records import Addon, App


@dataclass(frozen=True)
class Named:
    """A database as an app calls it (`DATABASE`); `app` is the one that it is billed to."""

    app: App
    addon: Addon
    name: str


def find(context: Context, app: App, asked: str | None) -> Named:
    """Return the database of that name, without one DATABASE_URL's; see `find_database.find`."""
    found = find_database.find(context, app, asked)
    return Named(context.store.apps.by_id(found.addon.app_id), found.addon, found.name)
