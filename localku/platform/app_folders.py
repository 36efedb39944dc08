"""Which app a folder is of; a record follows its folder when that was renamed or moved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from localku import footprint
from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.records import App


@dataclass(frozen=True)
class Attached:
    """`before` is the app the folder was of until then."""

    app: App
    root: Path
    before: App | None


def at(context: Context, root: Path) -> App | None:
    """Return the app of exactly this folder, with it as its root."""
    found = context.store.folders.at(root)
    if found is None:
        return _come(context, root)
    return replace(context.store.apps.by_id(found.app_id), root=root)


def root_of(app: App) -> Path:
    """Return the folder that the app is built from. Raise LocalkuError for an app that has none."""
    if app.root is None:
        raise LocalkuError(f"{app.name} has no folder.", kind=Kind.NOT_FOUND, resource="app")
    return app.root


def at_or_above(context: Context, root: Path) -> App | None:
    """Return the app of this folder or the nearest one above it, None where there is none."""
    found = (at(context, folder) for folder in (root, *root.parents))
    return next((app for app in found if app is not None), None)


def attach(context: Context, app: App, root: Path) -> Attached:
    """Make the folder one of the app's, and the one it is built from. A folder of another app changes over."""
    root = root.resolve()
    if not root.is_dir():
        raise LocalkuError(f"There is no folder {root}.", kind=Kind.NOT_FOUND, resource="app")
    before = at(context, root)
    context.store.folders.use(app, root, context.clock.now())
    changed = before is not None and before.id != app.id
    return Attached(replace(app, root=root), root, before if changed else None)


def elsewhere(context: Context, app: App) -> LocalkuError:
    """Say that the app is not of the folder that a command works in."""
    folders = context.store.folders.of(app)
    gone = "" if any(folder.is_dir() for folder in folders) else ", which no longer exists"
    return LocalkuError(
        f"App {app.name} already exists in {folders[0]}{gone}.",
        f"`{CLIENT} apps:attach {app.name}` makes this one of its folders too; or choose another name.",
        kind=Kind.CONFLICT,
        resource="app",
    )


def lost(context: Context) -> tuple[App, ...]:
    """Apps none of whose folders can be found."""
    apps = context.store.apps.all()
    return tuple(app for app in apps if app.root and not any(one.is_dir() for one in context.store.folders.of(app)))


def _come(context: Context, root: Path) -> App | None:
    """Recognise a folder that was known under another path."""
    mark = footprint.of(root)
    left = context.store.folders.left(mark) if mark else ()
    if not left:
        return None
    app = replace(context.store.apps.by_id(left[0].app_id), root=root)
    context.store.folders.moved(left[0], root)
    context.notice(f"{left[0].root} is {root} now; it is still app {app.name}.")
    return app
