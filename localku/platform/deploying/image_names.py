"""What an app's images and its build volume are called: by its UUID for localku, the newest image by its name too."""

from __future__ import annotations

from collections.abc import Mapping

from localku.context import Context
from localku.engine import labels
from localku.records import App

LATEST = "latest"


def repository(app: App) -> str:
    """Name the repository of the app's images; they survive a new name of the app."""
    return f"localku/{app.uuid}"


def furnished(app: App) -> str:
    """Name the app's build image with its furniture in it."""
    return f"{repository(app)}:furnished"


def names(context: Context, app: App) -> tuple[str, str]:
    """Give the name under which people find the newest image: `localku/NAME`, or where that is not ours the second."""
    return f"localku/{app.name}", f"localku/{app.name}-{context.home_id[:6]}"


def repositories(context: Context, app: App) -> tuple[str, ...]:
    """All repositories that images of the app may be in, those of before apps had UUIDs among them."""
    former = app.formerly
    before = (f"localku/{former}", f"localku/{former}-{context.home_id[:6]}") if former else ()
    return (repository(app), *names(context, app), *before)


def tag_newest(context: Context, app: App, image: str) -> None:
    """Give the image the app's name too, as `localku/NAME:latest`, unless an app elsewhere has taken that."""
    plain, own = names(context, app)
    taken = context.engine.images.find(f"{plain}:{LATEST}")
    free = taken is None or taken.labels.get(labels.HOME, context.home_id) == context.home_id
    context.engine.images.tag(image, plain if free else own, LATEST)


def renamed(context: Context, before: App, after: App) -> None:
    """Let the newest image go by the app's new name, and no longer by the one it had."""
    for name in names(context, before):
        found = context.engine.images.find(f"{name}:{LATEST}")
        if found is not None and _is_of(context, after, found.labels):
            tag_newest(context, after, f"{name}:{LATEST}")
            context.engine.images.remove(f"{name}:{LATEST}")


def _is_of(context: Context, app: App, marks: Mapping[str, str]) -> bool:
    return marks.get(labels.HOME) == context.home_id and marks.get(labels.APP) in {app.uuid, app.formerly}


def build_volume(context: Context, app: App) -> str:
    """Name the volume with the app's build folder and buildpack caches."""
    if app.formerly is not None:  # what is in it cannot be moved to a volume of another name
        return f"localku-{context.home_id}-{app.formerly}-build"
    return f"localku-{app.uuid}-build"
