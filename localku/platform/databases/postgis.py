"""`pg:postgis`: a server with PostGIS for a database, whose files stay as they are."""

from __future__ import annotations

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.addons import addon_servers
from localku.platform.databases import running_database
from localku.platform.databases.find_database import Database
from localku.services.postgres import plans
from localku.services.postgres.postgres_versions import DEBIAN, POSTGIS
from localku.telling import Progress


def add(context: Context, database: Database, progress: Progress) -> Database:
    """Give it one and start it; its connections end. Raise LocalkuError where its files are of another version."""
    addon = database.addon
    version = addon.version or context.postgres.version_there(context.engine)
    if version not in {DEBIAN, POSTGIS}:
        raise LocalkuError(
            f"{addon.name} is a database of PostgreSQL {version}; PostGIS is to be had with {DEBIAN}.",
            f"`{CLIENT} addons:create {plans.SERVICE} -- --version {POSTGIS}` provisions one, "
            f"and `{CLIENT} pg:copy` fills it.",
            kind=Kind.INVALID,
            resource="addon",
        )
    addon_servers.change_version(context, addon, POSTGIS, progress)
    return running_database.ensure(context, database, progress, ready=True)
