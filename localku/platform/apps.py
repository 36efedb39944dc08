"""Apps: which one a folder is, and what it is called."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform import app_folders, git_remotes
from localku.platform.deploying import image_names
from localku.records import App

NAME = re.compile(r"^[a-z][a-z0-9-]{1,28}[a-z0-9]\Z")
"""Heroku's rule for app names (Platform API schema, app:name)."""

MOST_LOST = 3
"""Apps whose folder is gone that an error names."""


def find(context: Context, root: Path, name: str | None = None) -> App:
    """Return the named app, or the one that the folder's git remotes name, or that is of it or a folder above it."""
    if name is not None:
        app = context.store.apps.named(name)
        if app is None:
            known = ", ".join(app.name for app in context.store.apps.all()) or "none yet"
            raise LocalkuError(
                f"Couldn't find that app: {name}.", f"Apps here: {known}.", kind=Kind.NOT_FOUND, resource="app"
            )
        return app
    app = git_remotes.app_of(context, root) or app_folders.at_or_above(context, root.resolve())
    if app is None:
        raise LocalkuError(
            f"There is no app in {root.resolve()}.",
            f"`{CLIENT} up` or `{CLIENT} build` in an app's folder creates one; -a NAME selects another."
            + "".join(f"\n{was_in(lost)}" for lost in app_folders.lost(context)[:MOST_LOST]),
            kind=Kind.NOT_FOUND,
            resource="app",
        )
    return app


def identified(context: Context, name: str) -> App:
    """Return the app of this name or UUID."""
    found = context.store.apps.named(name) or context.store.apps.with_uuid(name)
    if found is None:
        raise LocalkuError("Couldn't find that app.", kind=Kind.NOT_FOUND, resource="app")
    return found


def was_in(app: App) -> str:
    """Tell of an app whose folder is gone."""
    return f"{app.root}, the folder of {app.name}, is gone: `{CLIENT} apps:attach {app.name}` attaches this folder."


def again(context: Context, app: App) -> App:
    """Return the app as it is now."""
    return context.store.apps.by_id(app.id)


def is_known(context: Context, root: Path, name: str | None = None) -> bool:
    """Whether `new_apps.find_or_create` finds the app: the folder of a bare one need not be an app."""
    by_name = context.store.apps.named(name) if name is not None else None
    return by_name is not None or app_folders.at(context, root.resolve()) is not None


def rename(context: Context, app: App, name: str) -> App:
    """Give the app another name; its dynos, databases and data go on, and answer to the new name at once."""
    check_name(name)
    if app.formerly is not None:
        context.store.lead(app, name)
    renamed = context.store.apps.rename(app, name)
    context.log(app).write("app", "api", f"Rename {app.name} to {name} by user localku")
    with suppress(EngineUnavailable):  # the next build gives its image the new name
        image_names.renamed(context, app, renamed)
    return renamed


def check_name(name: str) -> None:
    """Raise LocalkuError for a name that Heroku refuses."""
    if not NAME.match(name):
        raise LocalkuError(
            f"'{name}' is not a valid app name.",
            "Names start with a letter, end with a letter or digit, and have 3 to 30 of a-z, 0-9 and dashes.",
            kind=Kind.INVALID,
            resource="app",
        )
