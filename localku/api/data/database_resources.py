"""Databases: `/client/v11/databases/{database}`, and their credentials, `/postgres/v0/databases/{database}`."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.api.data.databases_of_calls import database
from localku.platform.databases import database_info, info_rows, maintaining, rotating, running_database
from localku.platform.databases.find_database import Database
from localku.platform.views import View

OF_THE_CLI = ("Add-on", "Billing App")
"""Rows that the CLI adds itself."""


def _info(call: Call) -> Answer:
    found = running_database.ensure(call.context, database(call))
    rows = info_rows.rows(database_info.info(call.context, found))
    told = [{"name": key, "values": [value]} for key, value in rows if key not in OF_THE_CLI]
    return Answer({"info": told, "resource_url": call.context.postgres.url(found.addon)})


def _waited(call: Call) -> Answer:
    running_database.ensure(call.context, database(call), ready=True)
    return Answer({"message": "available", "waiting?": False})


def _reset(call: Call) -> Answer:
    found = running_database.ensure(call.context, database(call))
    listed = call.body.get("extensions")
    maintaining.reset(call.context, found, tuple(map(str, listed)) if isinstance(listed, list) else ())
    return Answer({"message": "Reset successful."})


def _killed(call: Call) -> Answer:
    maintaining.end_connections(call.context, running_database.ensure(call.context, database(call)))
    return Answer({})


def _credentials(call: Call) -> Answer:
    return Answer([_credential(database(call))])


def _default(call: Call) -> Answer:
    found = running_database.ensure(call.context, database(call))
    maintaining.credential(found, call.names["credential"])
    return Answer(_credential(found))


def _rotated(call: Call) -> Answer:
    """Of the one that is named, or of all: there is one."""
    found = running_database.ensure(call.context, database(call), ready=True)
    maintaining.credential(found, call.names.get("credential", maintaining.DEFAULT_CREDENTIAL))
    rotating.rotate(call.context, found, lambda _: None)
    return Answer({"message": "Credentials rotated."})


def _credential(found: Database) -> View:
    addon = found.addon
    user = {"connections": None, "password": addon.password, "state": "active", "user": addon.role}
    return {
        "credentials": [user],
        "database": addon.database,
        "host": addon.host,
        "name": maintaining.DEFAULT_CREDENTIAL,
        "port": addon.port,
        "state": "active",
        "uuid": addon.uuid,
    }


ENDPOINTS = (
    Endpoint("GET", "/client/v11/databases/{database}", _info),
    Endpoint("GET", "/client/v11/databases/{database}/wait_status", _waited),
    Endpoint("PUT", "/client/v11/databases/{database}/reset", _reset),
    Endpoint("POST", "/client/v11/databases/{database}/connection_reset", _killed),
    Endpoint("POST", "/postgres/v0/databases/{database}/credentials_rotation", _rotated),
    Endpoint("POST", "/postgres/v0/databases/{database}/credentials/{credential}/credentials_rotation", _rotated),
    Endpoint("GET", "/postgres/v0/databases/{database}/credentials", _credentials),
    Endpoint("GET", "/postgres/v0/databases/{database}/credentials/{credential}", _default),
)
