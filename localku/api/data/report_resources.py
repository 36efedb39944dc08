"""What may be wrong with a database, as `pg:diagnose` asks: `/reports`, which at Heroku another host answers.

The CLI first reads the figures of the machine, which nobody measures here: there are none in the list.
"""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.api.data.databases_of_calls import database
from localku.errors import Kind, LocalkuError
from localku.platform import apps
from localku.platform.databases import database_diagnosis, find_database, running_database


def _made(call: Call) -> Answer:
    app = apps.identified(call.context, call.text("app", resource="app"))
    asked = find_database.find(call.context, app, call.text("database", resource="database"))
    found = running_database.ensure(call.context, asked)
    return Answer(database_diagnosis.view(database_diagnosis.diagnose(call.context, found)), 201)


def _kept(_call: Call) -> Answer:
    raise LocalkuError("Reports are not kept here: make a new one.", kind=Kind.NOT_FOUND, resource="report")


def _metrics(call: Call) -> Answer:
    database(call)
    return Answer([])


def _burst(call: Call) -> Answer:
    database(call)
    return Answer({})


ENDPOINTS = (
    Endpoint("POST", "/reports", _made),
    Endpoint("GET", "/reports/{report}", _kept),
    Endpoint("GET", "/client/v11/databases/{database}/metrics", _metrics),
    Endpoint("GET", "/client/v11/databases/{database}/burst_status", _burst),
)
