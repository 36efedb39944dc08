"""Drains: `/apps/{app}/log-drains`."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.errors import Kind, LocalkuError
from localku.platform import drains, views


def _listed(call: Call) -> Answer:
    app = call.app()
    return Answer([views.log_drain(app, one) for one in drains.of(call.context, app)])


def _added(call: Call) -> Answer:
    app = call.app()
    return Answer(views.log_drain(app, drains.add(call.context, app, call.text("url", resource="log-drain"))), 201)


def _info(call: Call) -> Answer:
    app, name = call.app(), call.names["drain"]
    for one in drains.of(call.context, app):
        if name in {one.id, one.url, one.token}:
            return Answer(views.log_drain(app, one))
    raise LocalkuError("Couldn't find that log drain.", kind=Kind.NOT_FOUND, resource="log-drain")


def _removed(call: Call) -> Answer:
    app = call.app()
    return Answer(views.log_drain(app, drains.remove(call.context, app, call.names["drain"])))


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/log-drains", _listed),
    Endpoint("POST", "/apps/{app}/log-drains", _added),
    Endpoint("GET", "/apps/{app}/log-drains/{drain:path}", _info),
    Endpoint("DELETE", "/apps/{app}/log-drains/{drain:path}", _removed),
)
