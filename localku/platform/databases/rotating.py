"""`pg:credentials:rotate`: a new password for a database, and a release with it for each app that has the database."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from localku.context import Context
from localku.platform.addons import addon_servers
from localku.platform.databases.find_database import Database
from localku.platform.releasing import release
from localku.records import App
from localku.services.postgres import credentials, superuser
from localku.telling import Say


def affected(context: Context, database: Database) -> tuple[App, ...]:
    """The apps whose config vars name the database, by name."""
    found = {one.app_id for one in database.addon.attachments}
    return tuple(sorted((context.store.apps.by_id(one) for one in found), key=lambda app: app.name))


def rotate(context: Context, database: Database, say: Say) -> None:
    """Rotate the password of a running database; the app's connections end.

    Whoever is killed between the server and the releases leaves config vars that do not fit: to rotate again mends it,
    for that needs no password.
    """
    addon = database.addon
    container = addon_servers.container(addon)
    fresh = replace(addon, password=credentials.password())
    superuser.set_password(context.engine, container, addon.database, addon.role, fresh.password)
    for app in affected(context, database):
        names = [one.config_var for one in addon.on(app.id)]
        release.make(
            context,
            app,
            config=dict.fromkeys(names, credentials.url(fresh)),
            description=f"Update {', '.join(names)} by heroku-postgresql",
            phase=None,
            along=partial(context.store.addons.set_password, addon, fresh.password),
            say=say,
        )
    superuser.drop_connections(context.engine, container, addon.database, addon.role)
