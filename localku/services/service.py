"""What every kind of add-on is to localku: an image, and a server for each add-on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.records import Addon
    from localku.telling import Progress


@dataclass(frozen=True)
class Place:
    """Names of everything an add-on has in the engine."""

    container: str
    volume: str
    network: str
    network_labels: Mapping[str, str]
    labels: Mapping[str, str]


class Service(Protocol):
    """A service of which apps have add-ons."""

    def prepare(self, engine: Engine, progress: Progress) -> None:
        """Make the image of its servers, where there is none or its recipe has changed."""

    def start(self, engine: Engine, place: Place, addon: Addon) -> tuple[str, int]:
        """Start a server and wait until it answers; return the host and port where it does."""

    def running_at(self, engine: Engine, place: Place) -> tuple[str, int] | None:
        """Return where a server answers, None when it does not run."""

    def stop(self, engine: Engine, place: Place) -> None:
        """Stop a server; its data stays."""

    def destroy(self, engine: Engine, place: Place) -> None:
        """Remove a server with its data."""
