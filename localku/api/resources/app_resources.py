"""Apps: `/apps`."""

from __future__ import annotations

from collections.abc import Sequence

from localku.api.call import Answer, Call, Endpoint, as_object
from localku.control import api_port
from localku.errors import Invalid, Kind, LocalkuError
from localku.platform import apps, destroy, maintenance, new_apps, stacks, views
from localku.platform.app_facts import app_info, app_status
from localku.platform.app_facts.app_info import AppSummary
from localku.platform.views import View
from localku.records import App

PORT = 5000
"""Where an app that has never run would answer, if it were the first."""


def _listed(call: Call) -> Answer:
    return Answer([_seen(call, one) for one in app_info.summaries(call.context)])


def _created(call: Call) -> Answer:
    name, stack = call.text_or_none("name", resource="app"), call.text_or_none("stack", resource="stack")
    if stack is not None:
        stacks.check(stack)
    made = new_apps.create_bare(call.context, name)
    if stack is not None:
        stacks.set_on(call.context, made, stack)
    return Answer(_view(call, apps.again(call.context, made)), 201)


def _info(call: Call) -> Answer:
    return Answer(_view(call, call.app()))


def _updated(call: Call) -> Answer:
    app, context = call.app(), call.context
    name, stack = call.text_or_none("name", resource="app"), call.text_or_none("build_stack", resource="stack")
    on = call.flag("maintenance")
    if name is not None:
        apps.check_name(name)
    if stack is not None:
        stacks.set_on(context, app, stack)
    if on is not None:
        maintenance.switch(context, app, on=on)
    if name is not None and name != app.name:
        apps.rename(context, app, name)
    return Answer(_view(call, apps.again(context, app)))


def _destroyed(call: Call) -> Answer:
    app = call.app()
    told = _view(call, app)
    destroy.destroy(call.context, app)
    return Answer(told)


def _view(call: Call, app: App) -> View:
    return _seen(call, app_info.summary(call.context, app_status.of(call.context, app)))


def _seen(call: Call, found: AppSummary) -> View:
    """What localku says of an app, with what an API alone has to say: addresses that are always there, and sizes."""
    app, told = found.status.app, views.app(found.status)
    stack = views.named("stack", stacks.named_for_heroku(found.stack))
    return {
        **{key: value for key, value in told.items() if key not in {"port", "root", "wanted"}},
        "base_image_name": None,
        "build_stack": stack,
        "current_build_architecture": [],
        "git_url": api_port.repository(call.place.url, app.name),
        "process_tier": found.tier,
        "repo_size": 0,
        "slug_size": found.slug_size or 0,
        "stack": stack,
        "web_url": told["web_url"] or f"http://{app.name}.localhost:{app.port or PORT}/",
    }


def _collaborators(call: Call) -> Answer:
    return Answer([_owner(call.app())])


def _owner(app: App) -> View:
    return {
        "app": {"id": app.uuid, "name": app.name},
        "created_at": views.time(app.created_at),
        "id": views.part_of("collaborator", app, "owner"),
        "role": "owner",
        "updated_at": views.time(app.created_at),
        "user": {**views.user(), "federated": False},
    }


def _collaborator(call: Call) -> Answer:
    app = call.app()
    owner = _owner(app)
    if call.names["collaborator"] not in {owner["id"], owner["user"]["id"], owner["user"]["email"]}:
        raise LocalkuError("Couldn't find that collaborator.", kind=Kind.NOT_FOUND, resource="collaborator")
    return Answer(owner)


def _filtered(call: Call) -> Answer:
    """Those of the apps that are named by their ids."""
    wanted = as_object(call.body.get("in") or {}, "in").get("id") or ()
    if isinstance(wanted, str) or not isinstance(wanted, Sequence):
        raise Invalid("in.id must be a list.", resource="app")
    return Answer([_seen(call, one) for one in app_info.summaries(call.context) if one.status.app.uuid in wanted])


ENDPOINTS = (
    Endpoint("GET", "/apps", _listed),
    Endpoint("GET", "/users/{user}/apps", _listed),
    Endpoint("POST", "/apps", _created),
    Endpoint("GET", "/apps/{app}", _info),
    Endpoint("PATCH", "/apps/{app}", _updated),
    Endpoint("DELETE", "/apps/{app}", _destroyed),
    Endpoint("GET", "/apps/{app}/collaborators", _collaborators),
    Endpoint("GET", "/apps/{app}/collaborators/{collaborator}", _collaborator),
    Endpoint("POST", "/filters/apps", _filtered),
)
