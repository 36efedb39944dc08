"""Whom a verb tells how it goes: the line and the progress of long work."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]
"""Takes one line, without its newline."""

Progress = Callable[[str, float | None], None]
"""Takes the name of a step, and how much of it is done, from 0 to 1; None where nobody can tell."""


def silent(_step: str, _done: float | None) -> None:
    """Tell nobody."""
