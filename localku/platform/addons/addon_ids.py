"""Add-ons and attachments of all apps, by what names them to clients of the API."""

from __future__ import annotations

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.records import Addon, App, Attachment


def identified(context: Context, asked: str) -> Addon:
    """Return the add-on of this name or UUID, whatever app it is of."""
    found = context.store.addons.with_uuid(asked) or context.store.addons.named(asked)
    if found is None:
        raise LocalkuError(f"Couldn't find that add-on: {asked}.", kind=Kind.NOT_FOUND, resource="add_on")
    return found


def attachment(context: Context, asked: str) -> Attachment:
    """Return the attachment of this UUID, to whatever app."""
    found = context.store.attachments.with_uuid(asked)
    if found is None:
        raise LocalkuError(
            f"Couldn't find that add-on attachment: {asked}.", kind=Kind.NOT_FOUND, resource="add_on attachment"
        )
    return found


def all_of(context: Context) -> tuple[Addon, ...]:
    """Those of all apps."""
    return context.store.addons.all()


def owner(context: Context, addon: Addon) -> App:
    """The app that it is billed to."""
    return context.store.apps.by_id(addon.app_id)
