"""Add-ons, services and plans: `/addons`, `/apps/{app}/addons`, `/addon-services`."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint, as_object
from localku.errors import Invalid, Kind, LocalkuError
from localku.platform import apps
from localku.platform.addons import addon_ids, addon_views, addons, provisioning
from localku.platform.addons.provisioning import Wish
from localku.platform.views import View
from localku.records import Addon, App
from localku.services.service import Service
from localku.telling import silent

IS_READY = "Database has been created and is available"
"""What Heroku says of a new database (`heroku addons:create`)."""


def _listed(call: Call) -> Answer:
    return Answer(addon_views.addons(call.context, addons.of(call.context, call.app())))


def _all(call: Call) -> Answer:
    return Answer(addon_views.addons(call.context, addon_ids.all_of(call.context)))


def _created(call: Call) -> Answer:
    app, plan = call.app(), call.text("plan", resource="plan")
    attachment = as_object(call.body.get("attachment") or {}, "attachment").get("name")
    config = {key: str(value) for key, value in as_object(call.body.get("config") or {}, "config").items()}
    refused = sorted(set(config) - {"version", "enforce"})
    if refused:
        raise Invalid(f"{refused[0]} is not to be had here.", resource="addon")
    wish = Wish(
        plan,
        attachment=attachment if isinstance(attachment, str) else None,
        name=call.text_or_none("name", resource="addon"),
        version=config.get("version", ""),
        enforce_now=config.get("enforce") == "now",
    )
    made = addons.create(call.context, app, wish, silent, lambda _: None)
    return Answer(addon_views.addon(call.context, made, message=IS_READY), 201)


def _info(call: Call) -> Answer:
    return Answer(addon_views.addon(call.context, addon_ids.identified(call.context, call.names["addon"])))


def _of_app(call: Call) -> Answer:
    return Answer(addon_views.addon(call.context, addons.find(call.context, call.app(), call.names["addon"])))


def _renamed(call: Call) -> Answer:
    return _changed(call, addon_ids.identified(call.context, call.names["addon"]))


def _changed_of_app(call: Call) -> Answer:
    return _changed(call, addons.find(call.context, call.app(), call.names["addon"]))


def _changed(call: Call, found: Addon) -> Answer:
    """A new name; a plan is what its database was made with."""
    name, wanted = call.text_or_none("name", resource="addon"), call.text_or_none("plan", resource="plan")
    service = call.context.service(found.service)
    if wanted is not None and service.plan(wanted) is not service.plan(found.plan):
        raise Invalid(
            f"{found.name} keeps its plan: a database has that which it was created with.",
            "Create one of the other plan, and copy into it with `heroku pg:copy`.",
            resource="add_on",
        )
    return Answer(addon_views.addon(call.context, addons.rename(call.context, found, name) if name else found))


def _destroyed(call: Call) -> Answer:
    app = call.app()
    found = addons.find(call.context, app, call.names["addon"])
    if not call.flag("force"):
        addons.refuse_shared(call.context, found)
    told = addon_views.addon(call.context, found)
    provisioning.destroy(call.context, addon_ids.owner(call.context, found), found)
    return Answer({**told, "state": "deprovisioned"})


def _resolved(call: Call) -> Answer:
    """By add-on, attachment or service; of an app, or of all."""
    asked, name = call.text("addon", resource="add_on"), call.text_or_none("app")
    if name is None:
        return Answer([addon_views.addon(call.context, addon_ids.identified(call.context, asked))])
    return Answer([addon_views.addon(call.context, _found(call, apps.identified(call.context, name), asked))])


def _found(call: Call, app: App, asked: str) -> Addon:
    try:
        return addons.find(call.context, app, asked)
    except LocalkuError as error:
        if error.kind is not Kind.NOT_FOUND:
            raise
        return addon_ids.identified(call.context, asked)


def _services(call: Call) -> Answer:
    return Answer([addon_views.service(one) for one in call.context.services])


def _service(call: Call) -> Answer:
    return Answer(addon_views.service(call.context.service(call.names["service"])))


def _plans(call: Call) -> Answer:
    service = call.context.service(call.names["service"])
    found = sorted(service.plans.values(), key=lambda one: one.price)
    return Answer([addon_views.plan(service, one) for one in found])


def _plan(call: Call) -> Answer:
    return Answer(_named_plan(call, call.context.service(call.names["service"])))


def _any_plan(call: Call) -> Answer:
    """`heroku-postgresql:essential-0`, or its id: a plan's name has its service in it."""
    asked = call.names["plan"]
    for service in call.context.services:
        if asked.partition(":")[0] == service.name or any(
            addon_views.plan(service, one)["id"] == asked for one in service.plans.values()
        ):
            return Answer(_named_plan(call, service))
    raise LocalkuError("Couldn't find that plan.", kind=Kind.NOT_FOUND, resource="plan")


def _named_plan(call: Call, service: Service) -> View:
    asked = call.names["plan"]
    by_id = {view["id"]: view for view in (addon_views.plan(service, one) for one in service.plans.values())}
    return by_id[asked] if asked in by_id else addon_views.plan(service, service.plan(asked))


ENDPOINTS = (
    Endpoint("GET", "/addons", _all),
    Endpoint("GET", "/addons/{addon}", _info),
    Endpoint("PATCH", "/addons/{addon}", _renamed),
    Endpoint("GET", "/apps/{app}/addons", _listed),
    Endpoint("POST", "/apps/{app}/addons", _created),
    Endpoint("GET", "/apps/{app}/addons/{addon}", _of_app),
    Endpoint("PATCH", "/apps/{app}/addons/{addon}", _changed_of_app),
    Endpoint("DELETE", "/apps/{app}/addons/{addon}", _destroyed),
    Endpoint("GET", "/users/{user}/addons", _all),
    Endpoint("POST", "/actions/addons/resolve", _resolved),
    Endpoint("GET", "/addon-services", _services),
    Endpoint("GET", "/addon-services/{service}", _service),
    Endpoint("GET", "/addon-services/{service}/plans", _plans),
    Endpoint("GET", "/addon-services/{service}/plans/{plan}", _plan),
    Endpoint("GET", "/plans/{plan}", _any_plan),
)
