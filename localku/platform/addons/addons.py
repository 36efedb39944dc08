"""Add-ons of an app: which there are, and creating one with the release phase that this is."""

from __future__ import annotations

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.addons import addon_ids, addon_names, attachment_names, provisioning
from localku.platform.addons.provisioning import Wish
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.records import Addon, App, Attachment
from localku.telling import Progress, Say


def create(context: Context, app: App, wish: Wish, progress: Progress, say: Say) -> Addon:
    """Provision the add-on, and release what is deployed with its config var.

    That is a release with its phase. The add-on stays where the release command fails: raises ReleaseFailed.
    """
    service = context.service(wish.asked.partition(":")[0])
    service.plan(wish.asked)
    if wish.name is not None:
        addon_names.check_new(context, wish.name)
    if wish.attachment is not None:
        _refuse_taken(context, app, attachment_names.checked(wish.attachment))
    if wish.version and wish.version not in service.versions(context.engine):
        raise LocalkuError(
            f"{service.title} {wish.version} is not to be had here.",
            f"Versions: {', '.join(service.versions(context.engine))}.",
            kind=Kind.INVALID,
            resource="addon",
        )
    addon = provisioning.attach(context, app, wish, progress, say)
    say(f"Created {addon.name} as {addon.config_var}")
    provisioning.complete(context, app, addon, phase=RELEASE_PHASE, say=say)
    return addon


def _refuse_taken(context: Context, app: App, name: str) -> None:
    if f"{name}_URL" in context.store.apps.config(app) or context.store.attachments.named(app, name):
        raise LocalkuError(
            f"{app.name} has a config var {name}_URL already.",
            "Give the add-on another name with --as.",
            kind=Kind.CONFLICT,
            resource="addon-attachment",
        )


def of(context: Context, app: App) -> tuple[Addon, ...]:
    """Those that are billed to the app, and those of others that it has an attachment of."""
    own = context.store.addons.of(app)
    return (*own, *(one for one in context.store.addons.attached(app) if one.app_id != app.id))


def find(context: Context, app: App, name: str | None = None) -> Addon:
    """Return the app's add-on of that name, attachment or service; without a name the only one."""
    found = of(context, app)
    if not found:
        raise LocalkuError(
            f"{app.name} has no add-ons.",
            f"`{CLIENT} addons:create heroku-postgresql` provisions a database.",
            kind=Kind.NOT_FOUND,
            resource="add_on",
        )
    matching = [one for one in found if name is None or name.lower() in _names(app, one)]
    if len(matching) > 1:
        raise LocalkuError(
            f"Ambiguous identifier; multiple matching add-ons found: {', '.join(one.name for one in matching)}.",
            kind=Kind.INVALID,
            ident="multiple_matches",
            resource="add_on",
        )
    if not matching:
        raise LocalkuError(
            f"Couldn't find that add-on: {name}.",
            f"{app.name} has {', '.join(one.name for one in found)}.",
            kind=Kind.NOT_FOUND,
            resource="add_on",
        )
    return matching[0]


def _names(app: App, addon: Addon) -> set[str]:
    attached = {text.lower() for one in addon.on(app.id) for text in (one.name, one.config_var)}
    return {addon.name, addon.uuid, addon.service, f"{addon.service}:{addon.plan}", *attached}


def attached_to(context: Context, attachment: Attachment) -> str:
    """The name of the app that has the attachment."""
    return context.store.apps.by_id(attachment.app_id).name


def rename(context: Context, addon: Addon, name: str) -> Addon:
    """Give an add-on another name; its data, its attachments and its things in the engine stay."""
    addon_names.check_new(context, name)
    context.store.addons.rename(addon, name)
    return context.store.addons.by_id(addon.id)


def refuse_shared(context: Context, addon: Addon) -> None:
    """Raise LocalkuError where an app that it is not billed to has an attachment of it."""
    others = sorted(
        {context.store.apps.by_id(one.app_id).name for one in addon.attachments}
        - {addon_ids.owner(context, addon).name}
    )
    if others:
        raise LocalkuError(
            f"{addon.name} is attached to {', '.join(others)}, too.",
            "Detach it there, or destroy it with --force.",
            kind=Kind.CONFLICT,
            resource="add_on",
        )
