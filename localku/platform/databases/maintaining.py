"""What is done to a whole database: emptying it, ending its connections, naming its credentials."""

from __future__ import annotations

from dataclasses import dataclass

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.addons import addon_servers
from localku.platform.databases.find_database import Database
from localku.services.postgres import credentials, plans, superuser
from localku.services.postgres.moving import fresh_database
from localku.services.postgres.moving.tools import Server

DEFAULT_CREDENTIAL = "default"
_EXTEND = 'CREATE EXTENSION :"extension";'


@dataclass(frozen=True)
class Credential:
    """How a client connects: as libpq's keywords, and as a URL."""

    info: str
    url: str


def reset(context: Context, database: Database, extensions: tuple[str, ...] = ()) -> None:
    """Put an empty database with these extensions in the place of a running one."""
    addon = database.addon
    server = Server(context.engine, addon_servers.container(addon))
    fresh_database.prepare(server, addon.database, addon.role, extensions)
    fresh_database.exchange(server, addon.database, addon.role)


def end_connections(context: Context, database: Database) -> int:
    """End all connections of the app's role; return how many there were."""
    addon = database.addon
    container = addon_servers.container(addon)
    return superuser.drop_connections(context.engine, container, addon.database, addon.role)


def credential(database: Database, name: str = DEFAULT_CREDENTIAL) -> Credential:
    """Return the database's one credential; raise LocalkuError for another name."""
    addon = database.addon
    if name != DEFAULT_CREDENTIAL:
        small = plans.named(addon.plan).is_essential
        raise LocalkuError(
            "Essential-tier databases do not support named credentials."
            if small
            else f"Couldn't find that credential: {name}.",
            f"{addon.name} has the credential {DEFAULT_CREDENTIAL}.",
            kind=Kind.INVALID if small else Kind.NOT_FOUND,
            resource="credential",
        )
    parts = {
        "dbname": addon.database,
        "host": addon.host,
        "port": addon.port,
        "user": addon.role,
        "password": addon.password,
        "sslmode": "require",
    }
    return Credential(" ".join(f"{key}={value}" for key, value in parts.items()), credentials.url(addon))
