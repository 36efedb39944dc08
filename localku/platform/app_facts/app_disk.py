"""What apps take up on the engine's disk."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from localku.context import Context
from localku.engine import labels
from localku.engine.engine_errors import NotFound
from localku.platform.deploying import image_names
from localku.records import App
from localku.slugs.image_entry import OWN_LAYERS


@dataclass(frozen=True)
class AppDisk:
    """Bytes on the engine's disk that are this app's alone.

    `layers`: of its images, each layer once and without the stack; `cache`: what the build keeps for the next one;
    `data`: its databases; `other`: volumes beside these.
    """

    app: App
    layers: int
    cache: int
    data: int
    other: int

    @property
    def total(self) -> int:
        return self.layers + self.cache + self.data + self.other


def of_all(context: Context) -> tuple[AppDisk, ...]:
    """Measure every app. The engine reads all its volumes for that."""
    found = context.store.apps.all()
    sizes = context.engine.volumes.sizes() if found else {}
    return tuple(_of(context, app, sizes) for app in found)


def _of(context: Context, app: App, sizes: dict[str, int]) -> AppDisk:
    cache, volumes = image_names.build_volume(context, app), context.engine.volumes
    data = {name for marks in context.marks(app, labels.ROLE_POSTGRES) for name in volumes.labelled(marks)}
    others = context.volumes(app) - {cache} - data
    return AppDisk(
        app,
        layers=_layers(context, app),
        cache=sizes.get(cache, 0),
        data=sum(sizes.get(name, 0) for name in data),
        other=sum(sizes.get(name, 0) for name in others),
    )


def _layers(context: Context, app: App) -> int:
    releases = context.store.releases
    names = {layer.image for layer in releases.layers(app)} | {slug.image for slug in releases.slugs(app)}
    furnished = context.engine.images.find(image_names.furnished(app))  # it stands on the build image
    own = context.engine.images.unique_size(furnished.id) if furnished is not None else 0
    return sum(on_stack(context, names).values()) + own


def on_stack(context: Context, names: Iterable[str]) -> dict[str, int]:
    """Return the layers that images of an app add to their stack's, each once, with their bytes."""
    found: dict[str, int] = {}
    for name in names:
        with suppress(NotFound):
            found |= context.engine.images.above(name, labels.STACK_LAYERS, OWN_LAYERS)
    return found
