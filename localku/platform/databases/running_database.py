"""A database that commands are about to use: it runs, at the address that its record names."""

from __future__ import annotations

from localku.context import Context
from localku.platform.addons import provisioning
from localku.platform.databases import find_database
from localku.platform.databases.find_database import Database
from localku.telling import Progress, silent


def ensure(context: Context, database: Database, progress: Progress = silent) -> Database:
    """Start the database where it is down, as its app's dynos would find it; return it with its address of now."""
    owner = context.store.apps.by_id(database.addon.app_id)
    provisioning.ensure_running(context, owner, progress)
    return find_database.find(context, database.app, database.addon.uuid)
