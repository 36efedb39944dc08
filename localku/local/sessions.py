"""Sessions of processes, read from /proc: each local process leads one, and all it starts belong to it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

ZOMBIE = "Z"


def members(session: int) -> list[int]:
    """Process ids in a session that are not just waiting to be reaped."""
    return [pid for pid, state, of in _processes() if of == session and state != ZOMBIE]


def send(session: int, number: signal.Signals) -> None:
    """Signal every process of a session: the leader's group at once, then those that made groups of their own.

    The leader must not have been reaped: as long as it is there, nobody else has its number.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, number)
    for pid in members(session):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) != session:
                os.kill(pid, number)


def _processes() -> Iterator[tuple[int, str, int]]:
    """Process id, state and session of every process."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        yield int(entry.name), fields[0], int(fields[3])
