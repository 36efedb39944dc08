"""The verb `apps:destroy`: nothing of the app stays in the engine or the store."""

from __future__ import annotations

import shutil
from contextlib import suppress

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.addons import provisioning
from localku.platform.deploying.image_names import build_volume, repositories
from localku.platform.dynos import detached_end, running
from localku.records import App


def refuse_running(context: Context, app: App) -> None:
    """Raise LocalkuError while somebody runs the app."""
    if running.is_running(context, app) is not None:
        raise LocalkuError(
            f"{app.name} is running.", f"Stop it with `{CLIENT} down` first.", kind=Kind.CONFLICT, resource="app"
        )


def destroy(context: Context, app: App) -> None:
    """Remove containers, databases, images, caches, log and records. Ask before calling."""
    refuse_running(context, app)
    engine = context.engine
    detached_end.end_detached(context, app)
    for addon in context.store.addons.of(app):
        provisioning.destroy(context, app, addon)
    for container in context.containers(app):
        engine.containers.remove(container.id)
    names = tuple(f"{name}:" for name in repositories(context, app))
    images = [image for marks in context.marks(app) for image in engine.images.labelled(marks)]
    for tag in (tag for image in images for tag in image.tags or (image.id,)):
        if tag.startswith((*names, "sha256:")):
            engine.images.remove(tag)
    for left in {build_volume(context, app), *context.volumes(app)}:
        engine.volumes.remove(left)
    _remove_folder(context, app)  # before the record: who is killed may repeat it
    context.store.apps.destroy(app)
    if not context.store.apps.all():
        with suppress(LocalkuError):  # a one-off dyno that ends just now: the next app's network is this one
            engine.networks.remove(context.network)
    _remove_folder(context, app)


def _remove_folder(context: Context, app: App) -> None:
    for link in context.store.leads(app):
        link.unlink(missing_ok=True)
    shutil.rmtree(context.store.folder(app), ignore_errors=True)
