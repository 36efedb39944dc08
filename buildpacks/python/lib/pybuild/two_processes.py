"""Work that one core does file by file, done by two."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def do(work: Callable[[Item], None], items: Sequence[Item]) -> None:
    """Do the work for each item. Half of them are done in a copy of this process: only files show what it did.

    What the copy has not done is done here, so that an error is this process's own.
    """
    others = items[1::2]
    copy = _copy(work, others) if others else None
    try:
        for item in items[::2]:
            work(item)
    finally:
        failed = copy is not None and os.waitpid(copy, 0)[1] != 0
    if failed:
        for item in others:
            work(item)


def _copy(work: Callable[[Item], None], items: Sequence[Item]) -> int:
    """Return the id of a process that does the work and ends with 0, or with 1 where that fails."""
    child = os.fork()
    if child != 0:
        return child
    status = 1
    try:
        for item in items:
            work(item)
        status = 0
    finally:
        os._exit(status)
