"""Dynos that run: `/apps/{app}/dynos`."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.errors import Kind, LocalkuError
from localku.platform import views
from localku.platform.dynos import dynos_of_app
from localku.platform.releasing import release_ids
from localku.platform.views import View
from localku.records import App, DynoRecord, OneOff


def _listed(call: Call) -> Answer:
    return Answer(_views(call, call.app()))


def _info(call: Call) -> Answer:
    wanted = call.names["dyno"]
    for one in _views(call, call.app()):
        if wanted in {one["name"], one["id"]}:
            return Answer(one)
    raise LocalkuError("Couldn't find that dyno.", kind=Kind.NOT_FOUND, resource="dyno")


def _views(call: Call, app: App) -> list[View]:
    found, ids = dynos_of_app.listed(call.context, app), release_ids.of(call.context, app)
    dynos: tuple[DynoRecord | OneOff, ...] = (*found.formation, *found.oneoffs)
    return [views.dyno(app, one, ids) for one in dynos]


def _restarted(call: Call) -> Answer:
    dynos_of_app.restart(call.context, call.app(), call.names.get("dyno"))
    return Answer({}, 202)


def _stopped(call: Call) -> Answer:
    dynos_of_app.stop(call.context, call.app(), call.names["dyno"])
    return Answer({}, 202)


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/dynos", _listed),
    Endpoint("DELETE", "/apps/{app}/dynos", _restarted),
    Endpoint("GET", "/apps/{app}/dynos/{dyno}", _info),
    Endpoint("DELETE", "/apps/{app}/dynos/{dyno}", _restarted),
    Endpoint("DELETE", "/apps/{app}/formations/{dyno}", _restarted),
    Endpoint("POST", "/apps/{app}/dynos/{dyno}/actions/stop", _stopped),
    Endpoint("POST", "/apps/{app}/formations/{dyno}/actions/stop", _stopped),
)
