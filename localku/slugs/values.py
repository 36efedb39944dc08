"""What goes into a build and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.slugs.inside.events import Compared


@dataclass(frozen=True)
class Buildpack:
    """`reference` as the user wrote it (`heroku/python`, a URL, a path); `folder` is a copy on this machine.

    `shared` are folders that go into its `lib`, and `fingerprint` covers them. `own`: it came with localku;
    `instead`: the reference of one of these, which does the work of what cannot be fetched.
    """

    reference: str
    folder: Path
    fingerprint: str
    shared: tuple[Path, ...] = ()
    own: bool = False
    instead: str = ""


@dataclass(frozen=True)
class Plan:
    """The references in order, before anything is fetched. `auto`: candidates for detection."""

    references: tuple[str, ...]
    auto: bool
    decided_by: str


@dataclass(frozen=True)
class Chain:
    """The buildpacks in order. `auto`: these are candidates, each one that detects takes part."""

    buildpacks: tuple[Buildpack, ...]
    auto: bool


@dataclass(frozen=True)
class Identity:
    """The app's user inside its containers."""

    user: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Slug:
    """What the build container made, still in the app's build volume.

    `layer` is the fingerprint of the dependency folders `layer_paths`, `app_compressed` the compressed
    bytes of everything else, `addons` and `process_types` what the last buildpack's bin/release asks for
    merged with the Procfile, whose own types are `declared`. `own` is what is known of the app's own files.
    """

    build_id: str
    layer: str
    layer_paths: tuple[str, ...]
    app_compressed: int
    process_types: Mapping[str, str]
    declared: tuple[str, ...]
    addons: tuple[str, ...]
    buildpacks: tuple[str, ...]
    own: Compared | None = None


@dataclass(frozen=True)
class Built:
    """A slug as an image. `size` is compressed bytes, `layer_size` the dependency layer's share of it.

    `manifest` is the hash of what the volume says of the app's own files in it.
    """

    image: str
    layer: str
    layer_image: str
    layer_size: int
    size: int
    process_types: Mapping[str, str]
    addons: tuple[str, ...]
    buildpacks: tuple[str, ...]
    manifest: str = ""
