"""Domains: `/apps/{app}/domains`."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.platform import domains, views


def _listed(call: Call) -> Answer:
    app = call.app()
    return Answer([views.default_domain(app), *(views.domain(app, one) for one in domains.of(call.context, app))])


def _added(call: Call) -> Answer:
    app = call.app()
    return Answer(views.domain(app, domains.add(call.context, app, call.text("hostname", resource="domain"))), 201)


def _info(call: Call) -> Answer:
    app, name = call.app(), call.names["domain"]
    if name == app.default_domain:
        return Answer(views.default_domain(app))
    return Answer(views.domain(app, domains.find(call.context, app, _hostname(call))))


def _removed(call: Call) -> Answer:
    app = call.app()
    return Answer(views.domain(app, domains.remove(call.context, app, _hostname(call))))


def _hostname(call: Call) -> str:
    """A domain is named by its host name, or by its id."""
    app, name = call.app(), call.names["domain"]
    by_id = {views.part_of("domain", app, one.hostname): one.hostname for one in domains.of(call.context, app)}
    return by_id.get(name, name)


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/domains", _listed),
    Endpoint("POST", "/apps/{app}/domains", _added),
    Endpoint("GET", "/apps/{app}/domains/{domain}", _info),
    Endpoint("DELETE", "/apps/{app}/domains/{domain}", _removed),
)
