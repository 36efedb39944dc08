"""What a contender can be asked to do. Each method returns the seconds of what its name says, and no more."""

from __future__ import annotations

from typing import Protocol


class Unavailable(Exception):
    """The contender cannot be had on this machine; the message says why."""


class Contender(Protocol):
    name: str

    def prepare(self) -> None:
        """Build once, uncounted, so that the first round is like the others."""

    def cold_build(self) -> float | None:
        """From nothing; None where the contender knows no such thing, here and below."""

    def unchanged_build(self) -> float | None: ...

    def one_line_build(self) -> float | None: ...

    def up(self) -> float | None:
        """From nothing running to the first 200, of an app that is built."""

    def reset(self) -> float | None:
        """From a running app to the first 200 of a fresh one."""

    def close(self) -> None:
        """Take away everything on the machine that is the contender's."""
