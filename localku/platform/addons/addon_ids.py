"""Add-ons and attachments of all apps, by what names them to clients of the API."""

from __future__ import annotations

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.records import Addon, App, Attachment


def identified(context: Context, asked: str) -> Addon:
    """Return the add-on of this name or UUID, whatever app it is of."""
    for one in context.store.addons.all():
        if asked in {one.uuid, one.name}:
            return one
    raise LocalkuError(f"Couldn't find that add-on: {asked}.", kind=Kind.NOT_FOUND, resource="add_on")


def attachment(context: Context, asked: str) -> Attachment:
    """Return the attachment of this UUID, to whatever app."""
    for one in context.store.addons.all():
        for found in one.attachments:
            if found.uuid == asked:
                return found
    raise LocalkuError(
        f"Couldn't find that add-on attachment: {asked}.", kind=Kind.NOT_FOUND, resource="add_on attachment"
    )


def all_of(context: Context) -> tuple[Addon, ...]:
    """Those of all apps."""
    return context.store.addons.all()


def owner(context: Context, addon: Addon) -> App:
    """The app that it is billed to."""
    return context.store.apps.by_id(addon.app_id)
