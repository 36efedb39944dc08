"""What localku has lying around in the engine: old images, leftovers of killed processes, disk use."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku import locks
from localku.context import Context
from localku.dyno import readonly_mounts
from localku.dyno.dyno_order import ONE_OFF_TYPES
from localku.engine import labels
from localku.engine.engine_errors import EngineUnavailable, NotFound
from localku.errors import LocalkuError
from localku.platform.addons import addon_servers
from localku.platform.app_facts import app_disk
from localku.platform.deploying import builds
from localku.platform.dynos import oneoff_runners, running
from localku.records import App, Layer, Slug
from localku.slugs.building import standby

if TYPE_CHECKING:
    from localku.engine.containers import Container
    from localku.engine.images import Image

KEPT_SLUGS = 5
"""Slug images of an app that stay for a rollback, besides the one in force; Heroku keeps more, elsewhere."""

PRUNE_SECONDS = 5.0

LOOKED_AFTER = frozenset(
    {labels.ROLE_BUILD, labels.ROLE_STANDBY, labels.ROLE_LOOK, labels.ROLE_POSTGRES, labels.ROLE_DYNO}
)
"""Roles of containers that belong to an app."""

SHORT_LIVED = frozenset({labels.ROLE_BUILD, labels.ROLE_STANDBY, labels.ROLE_LOOK})
"""Roles of containers that last as long as one command."""

MOMENT = 1.0
"""Real seconds in which whoever makes a container has made its record, or taken its lock."""


@dataclass(frozen=True)
class DiskUse:
    """Bytes in the engine: the app's newest image with all its layers, and what all kept ones have of its own files."""

    images: int
    newest: int
    own: int


def end_standbys(context: Context) -> None:
    """Remove the containers that wait for the next builds of all apps, but those of apps that are being built.

    They end by themselves, so that this is for who wants nothing of localku running now: an engine that is away is not
    waited for.
    """
    wanted = {labels.HOME: context.home_id, labels.ROLE: labels.ROLE_STANDBY}
    with contextlib.suppress(EngineUnavailable):
        for container in context.engine.containers.find(wanted):
            app = context.owner(container)
            if app is not None and standby.is_one(container):
                with contextlib.suppress(locks.Busy), locks.held(builds.lock(context, app), "A build goes on."):
                    context.engine.containers.remove(container.id)


def remove_builds(context: Context, app: App, *, waiting: bool = False) -> None:
    """Remove containers of builds that were killed, and with `waiting` one that was made in advance for the next.

    With `waiting` the build's volume can be removed afterwards; else their files may be there a while longer.
    Call with the app's build lock held.
    """
    found = [*context.containers(app, labels.ROLE_BUILD), *context.containers(app, labels.ROLE_STANDBY)]
    for container in found:
        if waiting:
            context.engine.containers.remove(container.id)
        elif not standby.waits(container, context.clock.now()):
            _end(context, container)


def _end(context: Context, container: Container) -> None:
    containers = context.engine.containers
    containers.kill(container.id)
    with contextlib.suppress(NotFound):
        containers.wait(container.id)
    containers.remove_aside(container.id)


def prune_ahead(context: Context, app: App) -> None:
    """Prune for a build that makes one slug more. Layers stay: it may need one again."""
    _prune_slugs(context, app, _kept(context, app, KEPT_SLUGS - 1))


def _prune_slugs(context: Context, app: App, kept: tuple[Slug, ...]) -> int:
    images, removed = {slug.image for slug in kept}, 0
    found = [one for marks in context.marks(app) for one in context.engine.images.labelled(marks)]
    there = {tag for one in found for tag in one.tags} - images
    for slug in context.store.releases.slugs(app):
        image = context.engine.images.find(slug.image) if slug.image in there else None
        if image is not None:
            removed += _remove_image(context, slug.image, image)
    readonly_mounts.prune(context, app, images)
    return removed


def _remove_layers(context: Context, layers: list[Layer]) -> int:
    removed = 0
    for layer in layers:
        if context.engine.images.remove(layer.image):
            context.store.releases.drop_layer(layer)
            removed += 1
    return removed


def _unneeded(context: Context, app: App) -> list[Layer]:
    needed = {slug.layer for slug in _kept(context, app)}
    return [layer for layer in context.store.releases.layers(app) if layer.fingerprint not in needed]


def _remove_image(context: Context, own: str, found: Image) -> bool:
    """Take away the names that releases gave it, then its own: while a container uses it, that one stays."""
    name, _, _ = own.rpartition(":")
    others = [tag for tag in found.tags if tag.startswith(f"{name}:") and tag != own]
    return all(context.engine.images.remove(tag) for tag in (*others, own))


def prune_layers(context: Context, app: App) -> None:
    """Remove layers that no slug needs any more, and let nobody wait long: what is left then, the next build does."""
    layers = _unneeded(context, app)
    if not layers:
        return

    def work() -> None:
        with contextlib.suppress(LocalkuError):
            _remove_layers(context, layers)

    thread = threading.Thread(target=work, name="prune", daemon=True)
    thread.start()
    thread.join(PRUNE_SECONDS)


def disk_use(context: Context, app: App) -> DiskUse:
    """Measure the app's images in the engine."""
    listed = [image for marks in context.marks(app) for image in context.engine.images.labelled(marks)]
    by_tag = {tag: image for image in listed for tag in image.tags}
    by_id = {image.id: image for image in listed}
    found = [by_tag[slug.image] for slug in _kept(context, app) if slug.image in by_tag]
    own = sum(_own_size(context, app, image, by_id.get(image.parent)) for image in found)
    return DiskUse(len(found), found[0].size if found else 0, own)


def _own_size(context: Context, app: App, image: Image, parent: Image | None) -> int:
    """Bytes that it adds to its parent; where that is not at hand, that both add to the app's dependencies."""
    if parent is not None:
        return image.size - parent.size
    own = app_disk.on_stack(context, [image.id])
    below = app_disk.on_stack(context, [layer.image for layer in context.store.releases.layers(app)])
    return sum(own[layer] for layer in own.keys() - below.keys())


def orphans(context: Context) -> tuple[Container, ...]:
    """Containers of this localku that no running supervisor, build or command looks after."""
    databases = _databases(context)
    found = context.engine.containers.find({labels.HOME: context.home_id})
    return tuple(one for one in found if _is_orphan(context, one, databases))


def leftovers(context: Context, app: App) -> dict[str, Container]:
    """Orphans of the app that nobody adopts, by id: all but dynos of the formation and detached ones."""
    kept = {dyno.container for dyno in context.store.oneoffs.of(app) if dyno.detached}
    databases = {addon_servers.container(addon) for addon in context.store.addons.of(app)}

    def may_be_one(name: str, marks: Mapping[str, str]) -> bool:
        role = marks.get(labels.ROLE)
        if role == labels.ROLE_DYNO:
            return marks.get(labels.TYPE) in ONE_OFF_TYPES
        return role in SHORT_LIVED or (role == labels.ROLE_POSTGRES and name not in databases)

    found = context.containers(app, chosen=may_be_one)
    return {one.id: one for one in found if one.id not in kept and _is_orphan(context, one, databases)}


def _databases(context: Context) -> set[str]:
    return {
        addon_servers.container(addon) for app in context.store.apps.all() for addon in context.store.addons.of(app)
    }


def take_away(context: Context, container: Container) -> None:
    """Remove a leftover. Data in volumes stays."""
    if container.labels.get(labels.ROLE) == labels.ROLE_DYNO:
        oneoff_runners.adopt_or_remove(context, container)
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
    app, role = context.owner(container), container.labels.get(labels.ROLE)
    if app is None:
        return role in LOOKED_AFTER
    folder = context.store.folder(app)
    lock = None
    match role:
        case labels.ROLE_LOOK:
            lock = folder / f"{role}.lock"
        case labels.ROLE_BUILD:
            lock = builds.lock(context, app)
        case labels.ROLE_STANDBY if not standby.waits(container, context.clock.now()):
            lock = builds.lock(context, app)
        case labels.ROLE_POSTGRES if container.name not in databases:
            lock = folder / "addon.lock"
        case labels.ROLE_DYNO if container.labels.get(labels.TYPE) in ONE_OFF_TYPES:
            return oneoff_runners.is_orphan(context, container)
        case labels.ROLE_DYNO:
            lock = running.supervisor_lock(context, app)
    return lock is not None and locks.holder(lock) is None


def _kept(context: Context, app: App, most: int = KEPT_SLUGS) -> tuple[Slug, ...]:
    current = context.store.releases.current(app)
    slugs = context.store.releases.slugs(app)
    newest = slugs[:most]
    running = tuple(slug for slug in slugs[most:] if current and slug.id == current.slug_id)
    return newest + running
