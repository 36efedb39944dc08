"""An image's /etc/passwd and /etc/group, read out of it once: they are the same for every container of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from localku import paths
from localku.engine.engine_errors import NotFound
from localku.slugs.archive import read_file

if TYPE_CHECKING:
    from localku.engine.client import Engine

NAMES = ("passwd", "group")


def of(engine: Engine, image: str, container: str) -> dict[str, str]:
    """Return both files of `image` by name; `container` is one of its containers."""
    found = engine.images.find(image)
    if found is None:
        raise NotFound(f"The image {image} is gone.")
    kept = paths.cache() / "accounts" / f"{found.id.rpartition(':')[2]}.json"
    if kept.is_file():
        return {name: str(text) for name, text in json.loads(kept.read_text()).items()}
    read = {name: read_file(b"".join(engine.containers.get(container, f"/etc/{name}"))).decode() for name in NAMES}
    kept.parent.mkdir(exist_ok=True)
    fresh = kept.with_suffix(f".{container[:12]}")
    fresh.write_text(json.dumps(read))
    fresh.replace(kept)
    return read
