"""Gives memory back to the system when clients that had not read are gone.

Each may have had `Limits.response_buffer` in this process (HR25: 1 MB). glibc keeps what is freed in between other
things for itself, until `malloc_trim` (malloc_trim(3)) makes it look; other C libraries do not need to be asked.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from weakref import WeakSet

PAUSE = 2.0
"""Seconds from the first such client's end to the look, so that there is one look for many of them."""

_due: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


def relieved(loop: asyncio.AbstractEventLoop) -> None:
    """A full buffer has been emptied or thrown away: look soon what can be given back."""
    if loop not in _due:
        _due.add(loop)
        loop.call_later(PAUSE, _look, loop)


def _look(loop: asyncio.AbstractEventLoop) -> None:
    _due.discard(loop)
    trim = _trimmer()
    if trim is not None:
        loop.run_in_executor(None, trim, 0)  # it may take some milliseconds, and needs no lock of Python's


def _trimmer() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return found
