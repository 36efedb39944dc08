"""An app's source on its way into a build container, and what is told first of a large one's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localku.project.sources.source_file import SourceFile


@dataclass(frozen=True)
class Parcel:
    """`archive` is a tar of the build folder for `/`, `digests` are those of the files in it."""

    archive: IO[bytes]
    digests: Mapping[str, str]


Pack = Callable[[Collection[str] | None], Parcel]
"""Packs the files of these paths, as they are by now; all of them for None."""


@dataclass(frozen=True)
class BaseImage:
    """The image of the last build, which the next can be made on: its build's id, its layer's fingerprint.

    `manifest` is the hash of the record on the volume that says what is in it.
    """

    image: str
    build: str
    layer: str
    manifest: str

    def order(self) -> dict[str, str]:
        """Return what the driver is told."""
        return {"build": self.build, "layer": self.layer, "manifest": self.manifest}


@dataclass(frozen=True)
class Offer:
    """A large app's source, of which a build asks for what its volume has not.

    `last` is the id of the build that was the last to get a source, `record` the hash of what the volume says of it.
    """

    files: tuple[SourceFile, ...]
    last: str
    record: str

    def has(self, paths: Collection[str]) -> bool:
        return set(paths) <= {file.path for file in self.files}

    def order(self) -> dict[str, Any]:
        """Return what the driver is told. Links are sent in any case."""
        return {
            "files": [[file.path, file.mode, file.digest.hex()] for file in self.files if file.link is None],
            "last": self.last,
            "record": self.record,
        }
