"""What is asked for when a dyno is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.dyno.dyno_sizes import Size
    from localku.records import Release, Slug

PHASE = "release"
"""The process type that runs before a release takes effect; it has a size, and is never scaled."""

ONE_OFF_TYPES = frozenset({"run", PHASE, "scheduler"})
"""Types of dynos that no formation has."""


@dataclass(frozen=True)
class DynoOrder:
    """One process to run: `name` is `web.1` or `run.1234`, `command` a line for bash.

    With `waits`, a dyno that was sent SIGTERM ends when all its processes have, not just the first.
    """

    name: str
    command: str
    size: Size
    release: Release
    slug: Slug
    port: int
    tty: bool = False
    stdin: bool = False
    waits: bool = False
    extra_environment: dict[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return self.name.partition(".")[0]
