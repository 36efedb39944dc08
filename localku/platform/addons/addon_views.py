"""Add-ons, attachments, plans and services as Heroku's Platform API has them, with all that its clients read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from localku.context import Context
from localku.platform import views
from localku.platform.views import View
from localku.records import Addon, App, Attachment
from localku.services.service import Service, ServicePlan

SINCE = "2012-01-01T00:00:00Z"
"""Services and plans have a beginning; here they have none."""


@dataclass(frozen=True)
class Known:
    """Apps and add-ons by their numbers, read once."""

    apps: Mapping[int, App]
    addons: Mapping[int, Addon]


def known(context: Context) -> Known:
    store = context.store
    return Known({one.id: one for one in store.apps.all()}, {one.id: one for one in store.addons.all()})


def addon(context: Context, found: Addon, *, message: str = "", among: Known | None = None) -> View:
    """An add-on with its plan in full; `message` is what there is to say when it is new."""
    among = among or known(context)
    service = context.service(found.service)
    owner = among.apps[found.app_id]
    told = plan(service, service.plan(found.plan))
    return {
        **views.addon(owner, found),
        "actions": [],
        "addon_service": views.named("addon-service", service.name),
        "attachments": [attachment(context, one, among) for one in found.attachments],
        "billed_price": told["price"],
        "billing_entity": {"id": owner.uuid, "name": owner.name, "type": "app"},
        "plan": told,
        "provider_id": found.uuid,
        "provision_message": message,
        "web_url": None,
    }


def attachment(context: Context, found: Attachment, among: Known | None = None) -> View:
    """With the config vars and the plan, which clients ask for by `Accept-Inclusion`."""
    among = among or known(context)
    held = among.addons[found.addon_id]
    app, owner = among.apps[found.app_id], among.apps[held.app_id]
    moment = views.time(found.created_at)
    return {
        "addon": {
            "app": {"id": owner.uuid, "name": owner.name},
            "attachment_names": [one.name for one in held.attachments],
            "id": held.uuid,
            "name": held.name,
            "plan": views.named("plan", f"{held.service}:{held.plan}"),
        },
        "app": {"id": app.uuid, "name": app.name},
        "config_vars": [found.config_var],
        "created_at": moment,
        "id": found.uuid,
        "log_input_url": None,
        "name": found.name,
        "namespace": None,
        "updated_at": moment,
        "web_url": None,
    }


def plan(service: Service, found: ServicePlan) -> View:
    name = f"{service.name}:{found.name}"
    return {
        **views.named("plan", name),
        "addon_service": views.named("addon-service", service.name),
        "compliance": None,
        "created_at": SINCE,
        "default": found is service.plan(service.name),
        "description": f"{service.title} {found.title}",
        "human_name": found.title,
        "installable_inside_private_network": False,
        "installable_outside_private_network": True,
        "price": {"cents": found.price * 100, "contract": False, "metered": False, "unit": "month"},
        "space_default": False,
        "state": "public",
        "updated_at": SINCE,
        "visible": True,
    }


def service(found: Service) -> View:
    return {
        **views.named("addon-service", found.name),
        "cli_plugin_name": None,
        "created_at": SINCE,
        "human_name": found.title,
        "state": "ga",
        "supported_generations": [views.named("generation", "cedar")],
        "supports_multiple_installations": True,
        "supports_sharing": True,
        "updated_at": SINCE,
    }


def addons(context: Context, found: Iterable[Addon]) -> list[View]:
    among = known(context)
    return [addon(context, one, among=among) for one in found]


def attachments(context: Context, apps: Iterable[App]) -> list[View]:
    """Of all add-ons to these apps."""
    among = known(context)
    return [attachment(context, one, among) for app in apps for one in context.store.attachments.of(app)]


def all_attachments(context: Context) -> list[View]:
    among = known(context)
    return [attachment(context, one, among) for held in among.addons.values() for one in held.attachments]
