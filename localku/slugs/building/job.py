"""What one build container needs to know, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from localku.slugs.building.parcel import BaseImage, Offer
from localku.slugs.inside import files_seen
from localku.slugs.values import Chain, Identity

PROGRAM = "/localku"
"""What python3 runs in the container: the driver as a folder with a `__main__.py`."""

CACHE = "/tmp/codon/tmp/cache"
"""CACHE_DIR, on the app's volume."""

LISTS = f"{CACHE.rpartition('/')[0]}/{files_seen.FOLDER}"
"""What files are in which dependency layer."""


@dataclass(frozen=True)
class Job:
    """Everything one build container needs to know.

    `furnished` is the image's name once it has in it what every build of the app has; it need not be there. `again`:
    the app's next build will probably come soon. `base` is the app's last image, `offer` is there where the app is a
    large one.
    `stands_for` is the stack of Heroku's that others are told, where `stack` is none of them.
    """

    build_id: str
    image: str
    furnished: str
    stack: str
    volume: str
    chain: Chain
    config: Mapping[str, str]
    who: Identity
    layer_paths: tuple[str, ...]
    commit: str | None
    offline: bool
    labels: Mapping[str, str]
    network: str | None = None
    host: Mapping[str, str] = field(default_factory=dict)
    certificates: bytes | None = None
    again: bool = False
    base: BaseImage | None = None
    offer: Offer | None = None
    stands_for: str | None = None

    @property
    def build_dir(self) -> str:
        return f"/tmp/build_{self.build_id}"

    @property
    def out_dir(self) -> str:
        return f"/tmp/slug_{self.build_id}"

    @property
    def env_dir(self) -> str:
        return f"/tmp/env_{self.build_id}"

    @property
    def buildpack_root(self) -> str:
        return f"/tmp/codon/tmp/buildpacks/{self.build_id}"
