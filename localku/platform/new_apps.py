"""How a folder becomes an app."""

from __future__ import annotations

import re
import secrets
from itertools import count
from pathlib import Path

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform import app_folders, apps, git_remotes
from localku.platform.domains import ADJECTIVES, NOUNS
from localku.platform.releasing import release
from localku.project import app_files, procfile
from localku.records import App


def find_or_create(context: Context, root: Path, name: str | None = None) -> App:
    """As `apps.find`; a folder that is no app yet becomes one. The app is built from this folder from now on."""
    root = root.resolve()
    here = app_folders.at(context, root)
    remote = git_remotes.app_of(context, root) if name is None and root.is_dir() else None
    if remote is not None:
        return app_folders.attach(context, remote, root).app
    app = here if name is None else context.store.apps.named(name)
    if app is not None and here is None and app.root is not None:
        raise app_folders.elsewhere(context, app)
    if here is not None and (app is None or app.id != here.id):
        raise _belongs(root, here, f"Omit -a {name}, or run from another folder.")
    if app is not None and not root.is_dir():
        return app  # what needs the folder says that it is gone
    if app is not None:
        return app_folders.attach(context, app, root).app
    if not root.is_dir():
        raise LocalkuError(f"There is no folder {root}.", kind=Kind.NOT_FOUND, resource="app")
    for lost in app_folders.lost(context):
        if lost.root is not None and lost.root.name == root.name:
            context.notice(apps.was_in(lost))
    return create(context, root, name)


def create_new(context: Context, root: Path, name: str | None = None) -> App:
    """Make the folder an app. LocalkuError where it is one, or where the name is taken or not valid."""
    root = root.resolve()
    known = app_folders.at(context, root)
    if known is not None:
        raise _belongs(root, known, f"Use that app, or run `{CLIENT} apps:destroy -a {known.name}` first.")
    return create(context, root, name)


def create_bare(context: Context, name: str | None = None) -> App:
    """Make an app that has no folder: its source comes by a push. Without a name it gets one as Heroku gives them."""
    return _created(context, None, _haiku(context) if name is None else name)


def create(context: Context, root: Path, name: str | None) -> App:
    """Make the app of a folder; without a name it is named for that."""
    return _created(context, root, _free_name(context, root) if name is None else name)


def _created(context: Context, root: Path | None, name: str) -> App:
    """Make the app with its first two releases, as Heroku does."""
    apps.check_name(name)
    with context.store.db.transaction():
        app = context.store.apps.create(name, root, context.clock.now())
        for description in ("Initial release", "Enable Logplex"):
            release.make(context, app, phase=None, description=description)
    return app


def _belongs(root: Path, app: App, hint: str) -> LocalkuError:
    return LocalkuError(f"{root} already belongs to app {app.name}.", hint, kind=Kind.CONFLICT, resource="app")


def name_of(root: Path) -> str:
    """Make an app name of a folder's name."""
    text = re.sub(r"[^a-z0-9]+", "-", root.name.lower()).strip("-")[:30].strip("-")
    if not text or not text[0].isalpha():
        text = f"app-{text}".strip("-")
    return text if apps.NAME.match(text) else f"{text[:26].rstrip('-')}-app"


def _free_name(context: Context, root: Path) -> str:
    base = name_of(root)
    taken = {app.name for app in context.store.apps.all()}
    if base not in taken:
        return base
    numbered = (f"{base[:26]}-{number}" for number in range(2, 1000))
    return next(name for name in numbered if name not in taken)


def _haiku(context: Context) -> str:
    """`gentle-harbor-04821`: an adjective, a noun and five digits."""
    taken = {app.name for app in context.store.apps.all()}
    names = (f"{secrets.choice(ADJECTIVES)}-{secrets.choice(NOUNS)}-{secrets.randbelow(100_000):05}" for _ in count())
    return next(name for name in names if name not in taken)


def looks_like_one(root: Path) -> bool:
    """Whether a folder that is no app of ours yet holds what makes one."""
    return any(
        app_files.is_file(root, name) for name in (procfile.NAME, "requirements.txt", "package.json", "app.json")
    )
