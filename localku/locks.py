"""Locks that a killed process lets go of by itself."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from localku.errors import Kind, LocalkuError

PAUSES = (0.0, 0.01, 0.02, 0.04)
"""Seconds before each attempt to take a lock that somebody has."""

ASKED_SECONDS = 10.0
"""How long those who only ask `holder` may keep a lock from being taken: on a busy machine their moment can be long."""

LOOK = 0.05
"""Seconds between two looks of whoever waits for long."""


class Busy(LocalkuError):
    """Another process has the lock."""

    kind = Kind.CONFLICT


@contextmanager
def held(file: Path, busy: str, hint: str = "") -> Iterator[None]:
    """Hold the lock, or raise Busy(`busy`) at once when another process has it."""

    def give_up() -> None:
        raise Busy(busy, hint)

    with held_after(file, give_up):
        yield


@contextmanager
def held_after(file: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock, after whoever has it now, for as long as that takes.

    `wait` is called before each further attempt; what it raises ends the waiting.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _taken(descriptor):
            wait()
            time.sleep(LOOK)
        with suppress(OSError):  # a full disk: nobody learns who it is, but it is held
            os.truncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Take the lock, in a few attempts. Whoever just asks `holder` has a share for a moment, and is waited for."""
    deadline = time.monotonic() + ASKED_SECONDS
    for pause in PAUSES:
        if pause:  # to sleep for no time lets others have the processor
            time.sleep(pause)
        while not _got(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline or not _got(descriptor, fcntl.LOCK_SH):
                break
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            time.sleep(PAUSES[1])
        else:
            return True
    return False


def _got(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def waited(file: Path) -> Iterator[None]:
    """Hold the lock, after whoever has it now: for work of moments."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def holder(file: Path) -> int | None:
    """Process id of whoever holds the lock now, 0 while it has not said so yet, None when the lock is free."""
    try:
        descriptor = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if _got(descriptor, fcntl.LOCK_SH):
            return None
        text = os.read(descriptor, 20).decode().strip()
        return int(text) if text.isdigit() else 0
    finally:
        os.close(descriptor)
