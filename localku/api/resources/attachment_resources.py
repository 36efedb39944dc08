"""What add-ons are called, and where: `/addon-attachments`, `/apps/{app}/addon-attachments`."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint, text_of
from localku.errors import LocalkuError
from localku.platform import apps
from localku.platform.addons import addon_ids, addon_views, attaching
from localku.platform.databases import find_database
from localku.records import Attachment


def _all(call: Call) -> Answer:
    return Answer(addon_views.all_attachments(call.context))


def _of_app(call: Call) -> Answer:
    return Answer(addon_views.attachments(call.context, (call.app(),)))


def _of_addon(call: Call) -> Answer:
    found = addon_ids.identified(call.context, call.names["addon"])
    return Answer([addon_views.attachment(call.context, one) for one in found.attachments])


def _named(call: Call) -> Answer:
    return Answer(addon_views.attachment(call.context, attaching.find(call.context, call.app(), call.names["name"])))


def _info(call: Call) -> Answer:
    return Answer(addon_views.attachment(call.context, _identified(call)))


def _identified(call: Call) -> Attachment:
    return addon_ids.attachment(call.context, call.names["attachment"])


def _made(call: Call) -> Answer:
    """`confirm`, the app's name, replaces another add-on's attachment of that name."""
    app = apps.identified(call.context, call.text("app", resource="app"))
    addon = addon_ids.identified(call.context, call.text("addon", resource="add_on"))
    confirmed = text_of(call.body.get("confirm"), "confirm") == app.name
    name, _ = attaching.attach(call.context, app, addon, call.text_or_none("name"), lambda _: None, replacing=confirmed)
    return Answer(addon_views.attachment(call.context, attaching.find(call.context, app, name)), 201)


def _taken(call: Call) -> Answer:
    found = _identified(call)
    told = addon_views.attachment(call.context, found)
    app = apps.identified(call.context, told["app"]["id"])
    attaching.detach(call.context, app, found, lambda _: None)
    return Answer(told)


def _resolved(call: Call) -> Answer:
    """As the CLI's pg commands find a database."""
    asked, name = call.text("addon_attachment", resource="add_on attachment"), call.text_or_none("app")
    service = call.text_or_none("addon_service")
    if name is None:
        found = addon_ids.identified(call.context, asked)
        return Answer([addon_views.attachment(call.context, one) for one in found.attachments])
    app = apps.identified(call.context, name)
    if service in {None, call.context.postgres.name}:
        return Answer([addon_views.attachment(call.context, find_database.find(call.context, app, asked).attachment)])
    raise LocalkuError(f"There are no add-ons of {service} here.", resource="add_on attachment")


ENDPOINTS = (
    Endpoint("GET", "/addon-attachments", _all),
    Endpoint("POST", "/addon-attachments", _made),
    Endpoint("GET", "/addon-attachments/{attachment}", _info),
    Endpoint("DELETE", "/addon-attachments/{attachment}", _taken),
    Endpoint("GET", "/addons/{addon}/addon-attachments", _of_addon),
    Endpoint("GET", "/apps/{app}/addon-attachments", _of_app),
    Endpoint("GET", "/apps/{app}/addon-attachments/{name}", _named),
    Endpoint("POST", "/actions/addon-attachments/resolve", _resolved),
)
