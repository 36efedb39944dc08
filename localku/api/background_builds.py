"""What the API asks for when an app is to be built: it answers when the build has its record, and goes on alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localku.errors import LocalkuError


@dataclass(frozen=True)
class BuildWish:
    """Build and release an app (its UUID) from `source`, the id of one that was sent, or else from `url`.

    `version` is what the client calls the source, `checksum` that of the tarball, `buildpacks` are for this build
    alone.
    """

    app: str
    source: str | None
    url: str
    version: str | None = None
    checksum: str | None = None
    buildpacks: tuple[str, ...] = ()


Build = Callable[[BuildWish], str]
"""Has a process of its own do it, and returns the build's id. Raises LocalkuError where it cannot begin."""


def no_builder(_wish: BuildWish) -> str:
    raise LocalkuError("Nothing can be built here.")
