"""The verb `apps:destroy`: nothing of the app stays in the engine or the store."""

from __future__ import annotations

import shutil
from contextlib import suppress

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform import addons, oneoff
from localku.platform.build import repositories, volume
from localku.store.records import App


def destroy(context: Context, app: App) -> None:
    """Remove containers, databases, images, caches, log and records. Ask before calling."""
    engine = context.engine
    oneoff.end_detached(context, app)
    for addon in context.store.addons.of(app):
        addons.destroy(context, app, addon)
    for container in engine.containers.find(context.labels(app)):
        engine.containers.remove(container.id)
    names = tuple(f"{name}:" for name in repositories(context, app))
    for image in engine.images.labelled(context.labels(app)):
        for tag in image.tags or (image.id,):
            if tag.startswith((*names, "sha256:")):
                engine.images.remove(tag)
    for left in {volume(context, app), *engine.volumes.labelled(context.labels(app))}:
        engine.volumes.remove(left)
    shutil.rmtree(context.store.folder(app.name), ignore_errors=True)  # before the record: who is killed may repeat it
    context.store.apps.destroy(app)
    if not context.store.apps.all():
        with suppress(LocalkuError):  # a one-off dyno that ends just now: the next app's network is this one
            engine.networks.remove(context.network)
    shutil.rmtree(context.store.folder(app.name), ignore_errors=True)
