"""A database that commands are about to use: it runs, at the address that its record names."""

from __future__ import annotations

from localku.context import Context
from localku.platform.addons import provisioning
from localku.platform.databases import find_database
from localku.platform.databases.find_database import Database
from localku.telling import Progress, silent


def ensure(context: Context, database: Database, progress: Progress = silent, *, ready: bool = False) -> Database:
    """Start the database where it is down, as its app's dynos would find it; return it with its address of now.

    With `ready` one that runs is asked too whether it accepts connections yet.
    """
    owner = context.store.apps.by_id(database.addon.app_id)
    provisioning.ensure_running(context, owner, progress, ready=ready)
    return find_database.find(context, database.app, database.addon.uuid)
