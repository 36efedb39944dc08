"""Whether an app's image is made on its last one, of the files that differ, or anew on its dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.engine.engine_errors import NotFound

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.slugs.building.parcel import BaseImage
    from localku.slugs.inside.events import Compared

MOST_IMAGES = 16
"""How many images an app's own files are in at most. An engine can put 125 on each other, a dependency layer takes 8,
and each folder that a dyno opens is looked for in all of them."""


def stands(engine: Engine, base: BaseImage, layer_image: str) -> bool:
    """Tell if the last image is there, stands on this dependency layer, and may have another one on it."""
    try:
        below, own = engine.images.layers(layer_image), engine.images.layers(base.image)
    except NotFound:
        return False
    return own[: len(below)] == below and 0 < len(own) - len(below) < MOST_IMAGES


def pays(engine: Engine, base: BaseImage, layer_image: str, app: Compared) -> bool:
    """Tell if all the images together would be less than twice what is in them, and most of it need not be written."""
    if app.changed is None or 2 * app.changed > app.size:
        return False
    there, below = engine.images.find(base.image), engine.images.find(layer_image)
    return there is not None and below is not None and there.size - below.size + app.changed <= 2 * app.size
