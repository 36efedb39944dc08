"""Apps: which one a folder is, and how a new one comes to be."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform import app_folders
from localku.platform.deploying import image_names
from localku.platform.releasing import release
from localku.project import app_files, procfile
from localku.store.records import App

NAME = re.compile(r"^[a-z][a-z0-9-]{1,28}[a-z0-9]\Z")
"""Heroku's rule for app names (Platform API schema, app:name)."""

MOST_LOST = 3
"""Apps whose folder is gone that an error names."""


def find(context: Context, root: Path, name: str | None = None) -> App:
    """Return the named app, or the one of this folder or a folder above it."""
    if name is not None:
        app = context.store.apps.named(name)
        if app is None:
            known = ", ".join(app.name for app in context.store.apps.all()) or "none yet"
            raise LocalkuError(
                f"Couldn't find that app: {name}.", f"Apps here: {known}.", kind=Kind.NOT_FOUND, resource="app"
            )
        return app
    app = app_folders.at_or_above(context, root.resolve())
    if app is None:
        raise LocalkuError(
            f"There is no app in {root.resolve()}.",
            f"`{CLIENT} up` or `{CLIENT} build` in an app's folder creates one; -a NAME selects another."
            + "".join(f"\n{_was_in(lost)}" for lost in app_folders.lost(context)[:MOST_LOST]),
            kind=Kind.NOT_FOUND,
            resource="app",
        )
    return app


def _was_in(app: App) -> str:
    return f"{app.root}, the folder of {app.name}, is gone: `{CLIENT} apps:attach {app.name}` attaches this folder."


def find_or_create(context: Context, root: Path, name: str | None = None) -> App:
    """As `find`; a folder that is no app yet becomes one. The app is built from this folder from now on."""
    root = root.resolve()
    here = app_folders.at(context, root)
    app = here if name is None else context.store.apps.named(name)
    if app is not None and here is None and app.root is not None:
        raise app_folders.elsewhere(context, app)
    if here is not None and (app is None or app.id != here.id):
        raise LocalkuError(
            f"{root} already belongs to app {here.name}.",
            f"Omit -a {name}, or run from another folder.",
            kind=Kind.INVALID,
            resource="app",
        )
    if app is not None and not root.is_dir():
        return app  # what needs the folder says that it is gone
    if app is not None:
        return app_folders.attach(context, app, root).app
    if not root.is_dir():
        raise LocalkuError(f"There is no folder {root}.", kind=Kind.NOT_FOUND, resource="app")
    for lost in app_folders.lost(context):
        if lost.root is not None and lost.root.name == root.name:
            context.notice(_was_in(lost))
    return create(context, root, name)


def is_known(context: Context, root: Path, name: str | None = None) -> bool:
    """Whether `find_or_create` finds the app: the folder of a bare one need not be an app."""
    by_name = context.store.apps.named(name) if name is not None else None
    return by_name is not None or app_folders.at(context, root.resolve()) is not None


def create_new(context: Context, root: Path, name: str | None = None) -> App:
    """Make the folder an app. LocalkuError where it is one, or where the name is taken or not valid."""
    root = root.resolve()
    known = app_folders.at(context, root)
    if known is not None:
        raise LocalkuError(
            f"{root} already belongs to app {known.name}.",
            f"Use that app, or run `{CLIENT} apps:destroy -a {known.name}` first.",
            kind=Kind.INVALID,
            resource="app",
        )
    return create(context, root, name)


def create(context: Context, root: Path, name: str | None) -> App:
    """Make the app with its first two releases, as Heroku does."""
    if name is not None:
        _check_name(name)
    with context.store.db.transaction():
        app = context.store.apps.create(name or _free_name(context, root), root, context.clock.now())
        for description in ("Initial release", "Enable Logplex"):
            release.make(context, app, description=description)
    return app


def rename(context: Context, app: App, name: str) -> App:
    """Give the app another name; its dynos, databases and data go on, and answer to the new name at once."""
    _check_name(name)
    if app.formerly is not None:
        context.store.lead(app, name)
    renamed = context.store.apps.rename(app, name)
    context.log(app).write("app", "api", f"Rename {app.name} to {name} by user localku")
    with suppress(EngineUnavailable):  # the next build gives its image the new name
        image_names.renamed(context, app, renamed)
    return renamed


def _check_name(name: str) -> None:
    if not NAME.match(name):
        raise LocalkuError(
            f"'{name}' is not a valid app name.",
            "Names start with a letter, end with a letter or digit, and have 3 to 30 of a-z, 0-9 and dashes.",
            kind=Kind.INVALID,
            resource="app",
        )


def name_of(root: Path) -> str:
    """Make an app name of a folder's name."""
    text = re.sub(r"[^a-z0-9]+", "-", root.name.lower()).strip("-")[:30].strip("-")
    if not text or not text[0].isalpha():
        text = f"app-{text}".strip("-")
    return text if NAME.match(text) else f"{text[:26].rstrip('-')}-app"


def _free_name(context: Context, root: Path) -> str:
    base = name_of(root)
    taken = {app.name for app in context.store.apps.all()}
    if base not in taken:
        return base
    numbered = (f"{base[:26]}-{number}" for number in range(2, 1000))
    return next(name for name in numbered if name not in taken)


def looks_like_one(root: Path) -> bool:
    """Whether a folder that is no app of ours yet holds what makes one."""
    return any(
        app_files.is_file(root, name) for name in (procfile.NAME, "requirements.txt", "package.json", "app.json")
    )
