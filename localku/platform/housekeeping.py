"""What localku has lying around in the engine: old images, leftovers of killed processes, disk use."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass

from localku.context import Context
from localku.dyno import readonly_mounts
from localku.dyno.dyno_order import ONE_OFF_TYPES
from localku.engine import labels
from localku.engine.containers import Container
from localku.engine.images import Image
from localku.errors import LocalkuError
from localku.platform.addons import addon_servers
from localku.store.records import App, Slug

KEPT_SLUGS = 5
"""Slug images of an app that stay for a rollback, besides the one in force; Heroku keeps more, elsewhere."""

PRUNE_SECONDS = 5.0

LOOKED_AFTER = frozenset({labels.ROLE_BUILD, labels.ROLE_LOOK, labels.ROLE_POSTGRES, labels.ROLE_DYNO})
"""Roles of containers that belong to an app."""

MOMENT = 1.0
"""Real seconds in which whoever makes a container has made its record, or taken its lock."""


@dataclass(frozen=True)
class DiskUse:
    """Bytes in the engine: the app's newest image with all its layers, and what each kept image adds."""

    images: int
    newest: int
    own: int


def remove_builds(context: Context, app: App) -> None:
    """Remove containers of builds that were killed; call with the app's build lock held."""
    for container in context.containers(app, labels.ROLE_BUILD):
        context.engine.containers.remove(container.id)


def prune(context: Context, app: App) -> int:
    """Remove images of slugs and layers that nothing needs any more; return how many."""
    releases = context.store.releases
    kept = _kept(context, app)
    images = {slug.image for slug in kept}
    layers = {slug.layer for slug in kept}
    removed = 0
    for slug in releases.slugs(app):
        found = None if slug.image in images else context.engine.images.find(slug.image)
        if found is not None:
            removed += _remove_image(context, slug.image, found)
    for layer in releases.layers(app):
        if layer.fingerprint not in layers and context.engine.images.remove(layer.image):
            releases.drop_layer(layer)
            removed += 1
    readonly_mounts.prune(context, app, images)
    return removed


def _remove_image(context: Context, own: str, found: Image) -> bool:
    """Take away the names that releases gave it, then its own: while a container uses it, that one stays."""
    name, _, _ = own.rpartition(":")
    others = [tag for tag in found.tags if tag.startswith(f"{name}:") and tag != own]
    return all(context.engine.images.remove(tag) for tag in (*others, own))


def prune_aside(context: Context, app: App) -> None:
    """Prune, but let nobody wait long for it: what an engine under load does not manage, the next build does."""

    def work() -> None:
        with contextlib.suppress(LocalkuError):
            prune(context, app)

    thread = threading.Thread(target=work, name="prune", daemon=True)
    thread.start()
    thread.join(PRUNE_SECONDS)


def disk_use(context: Context, app: App) -> DiskUse:
    """Measure the app's images in the engine."""
    own, newest = 0, 0
    found = [slug for slug in _kept(context, app) if context.engine.images.find(slug.image) is not None]
    for number, slug in enumerate(found):
        own += context.engine.images.unique_size(slug.image)
        if number == 0:
            image = context.engine.images.find(slug.image)
            newest = image.size if image else 0
    return DiskUse(len(found), newest, own)


def orphans(context: Context) -> tuple[Container, ...]:
    """Containers of this localku that no running supervisor, build or command looks after."""
    databases = _databases(context)
    found = context.engine.containers.find({labels.HOME: context.home_id})
    return tuple(one for one in found if _is_orphan(context, one, databases))


def leftovers(context: Context, app: App) -> dict[str, Container]:
    """Orphans of the app that nobody adopts, by id: all but dynos of the formation and detached ones."""
    kept = {dyno.container for dyno in context.store.oneoffs.of(app) if dyno.detached}
    roles = (labels.ROLE_BUILD, labels.ROLE_LOOK, labels.ROLE_POSTGRES)
    found = [one for role in roles for one in context.containers(app, role)]
    for kind in sorted(ONE_OFF_TYPES):
        found += context.containers(app, labels.ROLE_DYNO, {labels.TYPE: kind})
    databases = _databases(context)
    return {one.id: one for one in found if one.id not in kept and _is_orphan(context, one, databases)}


def _databases(context: Context) -> set[str]:
    return {
        addon_servers.container(addon) for app in context.store.apps.all() for addon in context.store.addons.of(app)
    }


def take_away(context: Context, container: Container) -> None:
    """Remove a leftover. Data in volumes stays."""
    from localku.platform.dynos import oneoff

    if container.labels.get(labels.ROLE) == labels.ROLE_DYNO:
        oneoff.adopt_or_remove(context, container)
    else:
        context.engine.containers.remove(container.id)


def sweep(context: Context, app: App) -> None:
    """Take away what is a leftover of the app and is still one a moment later: others may just be making it."""
    found = leftovers(context, app)
    if found:
        context.clock.sleep(MOMENT * context.clock.scale)
        for name, container in leftovers(context, app).items():
            if name in found:
                take_away(context, container)


def _is_orphan(context: Context, container: Container, databases: set[str]) -> bool:
    from localku import locks
    from localku.platform.dynos import oneoff, running

    app, role = context.owner(container), container.labels.get(labels.ROLE)
    if app is None:
        return role in LOOKED_AFTER
    folder = context.store.folder(app)
    match role:
        case labels.ROLE_BUILD | labels.ROLE_LOOK:
            return locks.holder(folder / f"{role}.lock") is None
        case labels.ROLE_POSTGRES:
            return container.name not in databases and locks.holder(folder / "addon.lock") is None
        case labels.ROLE_DYNO if container.labels.get(labels.TYPE) in ONE_OFF_TYPES:
            return oneoff.is_orphan(context, container)
        case labels.ROLE_DYNO:
            return locks.holder(running.supervisor_lock(context, app)) is None
    return False


def _kept(context: Context, app: App) -> tuple[Slug, ...]:
    current = context.store.releases.current(app)
    slugs = context.store.releases.slugs(app)
    newest = slugs[:KEPT_SLUGS]
    running = tuple(slug for slug in slugs[KEPT_SLUGS:] if current and slug.id == current.slug_id)
    return newest + running
