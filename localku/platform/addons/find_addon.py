"""Which add-on a name means: one of the app's, or of any app of this state folder."""

from __future__ import annotations

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.addons import addons
from localku.platform.databases import find_database
from localku.records import Addon, App


def anywhere(context: Context, app: App, asked: str) -> Addon:
    """Return the add-on: by its name, whatever app it is of; else as the app's commands on databases find it.

    Raise LocalkuError where there is none.
    """
    named = context.store.addons.named(asked)
    if named is not None:
        return named
    try:
        return find_database.find(context, app, asked).addon
    except LocalkuError:
        return addons.find(context, app, asked)
