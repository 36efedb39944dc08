"""What the API asks for a dyno with a client attached, and what it is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from localku.errors import LocalkuError


@dataclass(frozen=True)
class DynoWish:
    """A command for a one-off dyno of an app (its UUID); with `tty` on a terminal, whose size is in `environment`."""

    app: str
    command: str
    size: str | None = None
    tty: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DynoOffer:
    """The dyno as it will be, and where its client finds it."""

    name: str
    command: str
    size: str
    release: int
    attach_url: str


Attach = Callable[[DynoWish], DynoOffer]
"""Has a process of its own wait for the client. Raises LocalkuError where there can be no such dyno."""


def nobody(_wish: DynoWish) -> DynoOffer:
    raise LocalkuError("No dyno can be attached to here.")
