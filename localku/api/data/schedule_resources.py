"""Daily backups: `/client/v11/databases/{database}/transfer-schedules`."""

from __future__ import annotations

import re

from localku.api.call import Answer, Call, Endpoint
from localku.api.data.databases_of_calls import database
from localku.errors import Invalid, Kind, LocalkuError
from localku.platform.backups import schedules, transfer_views
from localku.transfer_records import BackupSchedule

_HOUR = re.compile(r"[01]?[0-9]|2[0-3]", re.ASCII)
"""Heroku's CLI writes it as a text: `02`."""


def _listed(call: Call) -> Answer:
    return Answer([transfer_views.schedule(one) for one in _of(call)])


def _of(call: Call) -> tuple[BackupSchedule, ...]:
    found = database(call)
    return tuple(one for one in schedules.of(call.context, found.app) if one.addon == found.addon.uuid)


def _made(call: Call) -> Answer:
    found, hour = database(call), call.body.get("hour")
    if isinstance(hour, bool) or not _HOUR.fullmatch(str(hour)):
        raise Invalid("hour must be a number from 0 to 23.", resource="schedule")
    name = call.text_or_none("schedule_name") or found.attachment.config_var
    zone = call.text_or_none("timezone") or "UTC"
    made = schedules.schedule(call.context, found.app, found.addon, name, f"{int(str(hour)):02}:00 {zone}")
    return Answer(transfer_views.schedule(made), 201)


def _taken(call: Call) -> Answer:
    found = database(call)
    for one in _of(call):
        if call.names["schedule"] in {one.id, one.name}:
            schedules.unschedule(call.context, found.app, found.addon)
            return Answer(transfer_views.schedule(one))
    raise LocalkuError("Schedule not found.", kind=Kind.NOT_FOUND, resource="schedule")


ENDPOINTS = (
    Endpoint("GET", "/client/v11/databases/{database}/transfer-schedules", _listed),
    Endpoint("POST", "/client/v11/databases/{database}/transfer-schedules", _made),
    Endpoint("DELETE", "/client/v11/databases/{database}/transfer-schedules/{schedule}", _taken),
)
