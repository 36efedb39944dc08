"""Which database a call of the data API means."""

from __future__ import annotations

from localku.api.call import Call
from localku.errors import Kind, LocalkuError
from localku.platform.addons import addon_ids
from localku.platform.databases import find_database
from localku.platform.databases.find_database import Database


def database(call: Call, url: str | None = None) -> Database:
    """By the add-on's name or UUID in the path; with `url` the one that has this URL.

    It is seen from the app that it is billed to.
    """
    if url is None:
        found = addon_ids.identified(call.context, call.names["database"])
        return find_database.find(call.context, addon_ids.owner(call.context, found), found.uuid)
    for one in addon_ids.all_of(call.context):
        if call.context.service(one.service).url(one) == url:
            return find_database.find(call.context, addon_ids.owner(call.context, one), one.uuid)
    raise LocalkuError("Only databases of this machine's apps can be copied from here.", kind=Kind.NOT_FOUND)
