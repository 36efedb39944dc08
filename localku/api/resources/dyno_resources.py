"""Dynos that run: `/apps/{app}/dynos`."""

from __future__ import annotations

from dataclasses import replace

from localku.api.attaching_dynos import DynoWish
from localku.api.call import Answer, Call, Endpoint, as_object
from localku.errors import Kind, LocalkuError
from localku.platform import views
from localku.platform.dynos import dynos_of_app, oneoff, oneoff_order
from localku.platform.releasing import release_ids
from localku.platform.views import View
from localku.records import App, DynoRecord, OneOff
from localku.states import DynoState, Wanted


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


def _started(call: Call) -> Answer:
    """A one-off dyno: with a client attached, which finds it at `attach_url`, or detached."""
    app, size = call.app(), call.text_or_none("size", resource="dyno")
    command = call.text("command", resource="dyno")
    environment = {name: str(value) for name, value in as_object(call.body.get("env") or {}, "env").items()}
    if not call.flag("attach"):
        order = oneoff_order.order(call.context, app, "run", command, size=size)
        oneoff.detach(call.context, app, replace(order, extra_environment=environment))
        return Answer(_info(call.named("dyno", order.name)).content, 201)
    tty = "COLUMNS" in environment and not call.flag("force_no_tty")
    offer = call.attach(DynoWish(app.uuid, command, size, tty, environment))
    made = OneOff(
        app_id=app.id,
        name=offer.name,
        state=DynoState.STARTING,
        release=offer.release,
        size=offer.size,
        command=offer.command,
        container="",
        detached=False,
        wanted=Wanted.UP,
        since=call.context.clock.now(),
    )
    told = views.dyno(app, made, release_ids.of(call.context, app))
    return Answer({**told, "attach_url": offer.attach_url}, 201)


def _restarted(call: Call) -> Answer:
    dynos_of_app.restart(call.context, call.app(), call.names.get("dyno"))
    return Answer({}, 202)


def _stopped(call: Call) -> Answer:
    dynos_of_app.stop(call.context, call.app(), call.names["dyno"])
    return Answer({}, 202)


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/dynos", _listed),
    Endpoint("POST", "/apps/{app}/dynos", _started),
    Endpoint("DELETE", "/apps/{app}/dynos", _restarted),
    Endpoint("GET", "/apps/{app}/dynos/{dyno}", _info),
    Endpoint("DELETE", "/apps/{app}/dynos/{dyno}", _restarted),
    Endpoint("DELETE", "/apps/{app}/formations/{dyno}", _restarted),
    Endpoint("POST", "/apps/{app}/dynos/{dyno}/actions/stop", _stopped),
    Endpoint("POST", "/apps/{app}/formations/{dyno}/actions/stop", _stopped),
)
