"""What an app's builds leave to the next ones."""

from __future__ import annotations

from localku import locks
from localku.context import Context
from localku.platform import housekeeping
from localku.platform.deploying import builds, image_names
from localku.records import App


def clear(context: Context, app: App) -> None:
    """Remove it: the next build begins with nothing. Raises LocalkuError while a build goes on."""
    with locks.held(builds.lock(context, app), f"A build of {app.name} is running.", "Wait for it to finish."):
        empty(context, app)


def empty(context: Context, app: App) -> None:
    """Remove it. Call with the app's build lock held."""
    housekeeping.remove_builds(context, app, waiting=True)
    context.engine.volumes.remove(image_names.build_volume(context, app))
