"""Attaching add-ons to apps under further names, detaching them, and promoting one to the name that apps look for."""

from __future__ import annotations

from functools import partial

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.addons import attachment_names, provisioning
from localku.platform.releasing import release
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.records import Addon, App, Attachment, Release
from localku.telling import Say


def attach(
    context: Context, app: App, addon: Addon, name: str | None, say: Say, *, replacing: bool = False
) -> tuple[str, Release]:
    """Give the app a config var with the add-on's URL; return the attachment's name and the release.

    Another add-on's attachment of that name is only replaced where that is said.
    """
    service = context.service(addon.service)
    taken = {*context.store.apps.config(app), *(one.config_var for one in context.store.attachments.of(app))}
    chosen = attachment_names.checked(name) if name else attachment_names.coloured(service, taken)
    there = context.store.attachments.named(app, chosen)
    if there is not None and there.addon_id == addon.id:
        raise LocalkuError(
            f"{addon.name} is attached to {app.name} as {chosen} already.",
            kind=Kind.CONFLICT,
            resource="addon-attachment",
        )
    if f"{chosen}_URL" in taken and not replacing:
        raise LocalkuError(
            f"{app.name} has a config var {chosen}_URL already.",
            f"Choose another name with --as, or replace it: --confirm {app.name}",
            kind=Kind.CONFLICT,
            resource="addon-attachment",
        )
    if there is not None:
        _refuse_last(context, app, there)
        _replaced(context, app, there, say)
    if not addon.port:
        provisioning.ensure_running(context, context.store.apps.by_id(addon.app_id))
        addon = context.store.addons.by_id(addon.id)
    made = release.make(
        context,
        app,
        config={f"{chosen}_URL": service.url(addon)},
        description=f"Attach {chosen} (@ref:{addon.name})",
        phase=RELEASE_PHASE,
        along=partial(context.store.attachments.add, addon, app, chosen, context.clock.now()),
        say=say,
    )
    return chosen, made


def find(context: Context, app: App, name: str) -> Attachment:
    """Return the app's attachment of that name."""
    found = context.store.attachments.named(app, name.upper().removesuffix("_URL"))
    if found is None:
        names = ", ".join(one.name for one in context.store.attachments.of(app))
        raise LocalkuError(
            f"Couldn't find that add on attachment: {name}.",
            f"{app.name} has {names or 'none'}.",
            kind=Kind.NOT_FOUND,
            resource="addon-attachment",
        )
    return found


def addon_of(context: Context, found: Attachment) -> Addon:
    """What is attached."""
    return context.store.addons.by_id(found.addon_id)


def detach(context: Context, app: App, found: Attachment, say: Say) -> Release:
    """Take an attachment away from the app; the add-on and its data stay."""
    _refuse_last(context, app, found)
    addon = addon_of(context, found)
    return release.make(
        context,
        app,
        config={found.config_var: None},
        description=f"Detach {found.name} (@ref:{addon.name})",
        phase=RELEASE_PHASE,
        along=partial(context.store.attachments.remove, found),
        say=say,
    )


def _replaced(context: Context, app: App, found: Attachment, say: Say) -> None:
    """Record that it goes, as Heroku does before what takes its name is attached; its config var stays until then."""
    release.make(
        context, app, description=f"Detach {found.name} (@ref:{addon_of(context, found).name})", phase=None, say=say
    )


def _refuse_last(context: Context, app: App, found: Attachment) -> None:
    addon = addon_of(context, found)
    if addon.app_id == app.id and len(addon.on(app.id)) == 1:
        raise LocalkuError(
            f"Cannot destroy last attachment to billing app for resource {addon.name}.",
            "Attach it under another name first, or destroy the add-on.",
            kind=Kind.INVALID,
            resource="addon-attachment",
        )


def promote(context: Context, app: App, addon: Addon, say: Say) -> Release:
    """Make the add-on the app's DATABASE; what was that keeps a config var with a colour."""
    service = context.service(addon.service)
    before = context.store.attachments.named(app, service.attachment)
    if before is not None and before.addon_id == addon.id:
        raise LocalkuError(
            f"{addon.name} is already promoted on {app.name}.", kind=Kind.CONFLICT, resource="addon-attachment"
        )
    if before is not None:
        _keep(context, app, context.store.addons.by_id(before.addon_id), say)
    _, made = attach(context, app, addon, service.attachment, say, replacing=True)
    return made


def _keep(context: Context, app: App, addon: Addon, say: Say) -> None:
    service = context.service(addon.service)
    others = [one for one in addon.on(app.id) if one.name != service.attachment]
    if others:
        say(f"Ensuring an alternate alias for existing {service.attachment}_URL... {others[0].config_var}")
        return
    taken = {*context.store.apps.config(app)}
    name = attachment_names.coloured(service, taken)
    release.make(
        context,
        app,
        config={f"{name}_URL": service.url(addon)},
        description=f"Attach {name} (@ref:{addon.name})",
        phase=None,
        along=partial(context.store.attachments.add, addon, app, name, context.clock.now()),
        say=say,
    )
    say(f"Ensuring an alternate alias for existing {service.attachment}_URL... {name}_URL")
