"""What all contenders have in common. What else each can be asked to do, its own methods say.

A method that returns seconds takes the time of what its name says and of no more: it first makes the state that it
needs, uncounted.
"""

from __future__ import annotations

from typing import Protocol


class Unavailable(Exception):
    """The contender cannot be had on this machine; the message says why."""


class Contender(Protocol):
    def prepare(self) -> None:
        """Build once, uncounted, so that the first round is like the others."""

    def close(self) -> None:
        """Take away everything on the machine that is the contender's, after an interruption too."""
