"""Bytes that things take on the engine's disk, as the engine itself says them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.contenders import sweeping
from benchmarks.stopwatch import CommandFailed
from localku.engine import labels
from localku.engine.engine_errors import explained
from localku.errors import LocalkuError

SHARED_ROLES = (labels.ROLE_STACK, labels.ROLE_SYSTEM)
"""What belongs to a stack, and is there once for all apps."""


@dataclass(frozen=True)
class EngineDisk:
    """What there is in an engine. `base` is the run image that all apps stand on; its layers are nobody's own.

    `api` is docker-py's whole client, for localku's own asks for less.
    """

    api: Any
    base: str

    def used(self, label: str) -> int:
        """Layers of all images with the label, each once, its volumes and what its containers wrote."""
        found = self._disk()
        volumes = sum(int((row.get("UsageData") or {}).get("Size") or 0) for row in _own(found["Volumes"], label))
        written = sum(int(row.get("SizeRw") or 0) for row in _own(found["Containers"], label))
        images = self.api.images(all=True, filters={"label": label})
        layers: dict[str, int] = {}
        for image in images:
            layers |= self._layers(image["Id"])
        return sum(layers.values()) + volumes + written

    def _disk(self) -> dict[str, Any]:
        """What the engine says of its disk. It measures once at a time, and refuses others meanwhile."""
        for _ in range(sweeping.DISK_TRIES):
            with contextlib.suppress(LocalkuError), explained("Could not measure the engine's disk"):
                return dict(self.api.df())
            time.sleep(sweeping.PAUSE)
        raise CommandFailed("docker system df\nthe engine did not say what its disk holds")

    def own_layers(self, image: str) -> int:
        return sum(self._layers(image).values())

    def _layers(self, image: str) -> dict[str, int]:
        """Bytes of the layers above the base's, by digest."""
        base = self.api.inspect_image(self.base)["RootFS"]["Layers"]
        digests = self.api.inspect_image(image)["RootFS"]["Layers"]
        own = [digest for digest in digests if digest not in base]
        sizes = [int(step["Size"]) for step in self.api.history(image)]
        return with_sizes(own, sizes)


def with_sizes(digests: list[str], steps: list[int]) -> dict[str, int]:
    """Give layers, lowest first, the sizes of a history's steps, newest first; steps that only set something have none.

    A layer without a byte cannot be told from such a step, so the highest layers are given the newest sizes.
    """
    written = [size for size in steps if size]
    return dict(zip(digests[::-1], written, strict=False))


def _own(rows: list[dict[str, Any]] | None, label: str) -> list[dict[str, Any]]:
    name, _, value = label.partition("=")
    found = []
    for row in rows or ():
        marks: Mapping[str, str] = row.get("Labels") or {}
        if marks.get(name) == value and marks.get(labels.ROLE) not in SHARED_ROLES:
            found.append(row)
    return found
