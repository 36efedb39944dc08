"""What there is to say about a database (`pg:info`)."""

from __future__ import annotations

from dataclasses import dataclass

from localku.context import Context
from localku.platform.addons import addon_servers, row_quota
from localku.platform.addons.row_quota import Held
from localku.platform.databases.find_database import Database
from localku.services.postgres import superuser

_ASK = """
SELECT current_setting('server_version'),
       (SELECT count(*) FROM pg_stat_activity WHERE usename = :'role');
"""


@dataclass(frozen=True)
class DatabaseInfo:
    """`billed_to` is the name of the app that the add-on goes with."""

    database: Database
    billed_to: str
    version: str
    connections: int
    held: Held

    @property
    def config_vars(self) -> tuple[str, ...]:
        """Those of the app, DATABASE_URL first."""
        names = [one.config_var for one in self.database.addon.on(self.database.app.id)]
        return tuple(sorted(names, key=lambda name: (name != "DATABASE_URL", name)))


def info(context: Context, database: Database) -> DatabaseInfo:
    """Ask a running database; what its plan takes away is taken away, or given back, at this moment."""
    addon = database.addon
    container = addon_servers.container(addon)
    asked = superuser.query(context.engine, container, addon.database, addon.role, _ASK)
    version, connections = asked.split("|")
    return DatabaseInfo(
        database=database,
        billed_to=context.store.apps.by_id(addon.app_id).name,
        version=version.partition(" ")[0],
        connections=int(connections),
        held=row_quota.hold(context, addon),
    )
