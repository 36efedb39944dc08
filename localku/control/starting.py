"""Makes sure that the server runs: finds it, or starts it; never two for one state folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.control import digest, ending, owner, server_environment
from localku.control.ending import server_lock
from localku.control.server_client import Client, Lost, connect
from localku.control.server_program import launched
from localku.errors import Kind, LocalkuError
from localku.telling import Say

WAIT = 20.0
"""Real seconds for a server to start."""

ANSWER = 10.0
"""Real seconds for a server to answer that is to end: its control may have been killed just now."""

LOOK = 0.02


def start_lock(home: Path) -> Path:
    """Held by whoever starts a server or ends one for want of work, so that both never happen at once."""
    return home / "start.lock"


def server(context: Context, *, wait: float = WAIT) -> Client:
    """Return a connection to the server, which is started where there is none.

    One of another installation, or of another environment while nobody needs it, makes room for one of ours.
    """
    owner.check(context.home)
    found = connect(context.home)
    if found is not None:
        if _will_do(context, found):
            return found
        found.close()
    with _alone(context.home):
        found = connect(context.home)
        if found is None:
            return _started(context.home, wait)
        return found if _will_do(context, found) else _replaced(context.home, found, wait)


def restarted(context: Context) -> Client:
    """Have the server end, if there is one, and return a new one; the dynos run on."""
    owner.check(context.home)
    with _alone(context.home):
        found = _answering(context.home)
        if found is None:
            ending.forced(context.home)
            return _started(context.home, WAIT)
        return _replaced(context.home, found, WAIT)


def stopped(context: Context, say: Say, left: Callable[[Context, Say], None]) -> bool:
    """Stop the dynos of all apps, and the server; whether there was one.

    `left` stops those of a server that is gone, or answers nobody and had to be ended without.
    """
    owner.check(context.home)
    with _alone(context.home):
        found = _answering(context.home)
        if found is None:
            was_there = ending.forced(context.home)
            left(context, say)
            return was_there
        with found, suppress(Lost):
            found.end(dynos=True, say=say)
        ending.wait(context.home)
        return True


@contextmanager
def without_server(home: Path, ended: Callable[[], None]) -> Iterator[None]:
    """Let no server run, nor be started, while the tables are brought up to date; dynos run on.

    `ended` is called where there was one.
    """
    with _alone(home):
        found = connect(home)
        if found is not None:
            with found:
                _ended(home, found)
            ended()
        yield


def _will_do(context: Context, found: Client) -> bool:
    """Whether the server is the one that a command here would start, or is needed as it is."""
    if found.hello.digest != digest.mine():
        return False
    differing = server_environment.differences(server_environment.listed(os.environ), found.hello.environment)
    if not differing:
        return True
    if not found.status().is_busy:
        return False
    for sentence in differing:
        context.notice(sentence)
    return True


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    deadline = time.monotonic() + WAIT + ending.SECONDS

    def wait() -> None:
        if time.monotonic() > deadline:
            raise LocalkuError(
                "Another localku has been starting the server for too long.", "Try again.", kind=Kind.CONFLICT
            )

    with locks.held_after(start_lock(home), wait):
        yield


def _answering(home: Path) -> Client | None:
    """Return the server, None where none answers."""
    try:
        return connect(home, ANSWER)
    except LocalkuError as error:
        if error.kind is Kind.UNAVAILABLE:
            return None
        raise


def _replaced(home: Path, found: Client, wait: float) -> Client:
    with found:
        _ended(home, found)
    new = _started(home, wait)
    if found.hello.by_name:
        new.stay()
    return new


def _ended(home: Path, found: Client) -> None:
    """Have the server end, its dynos running on, and wait until its last process is gone."""
    with suppress(Lost):
        found.end(dynos=False, say=lambda _: None)
    ending.wait(home)


def _started(home: Path, wait: float) -> Client:
    """Start a server, after the processes of one that is about to go; or find one that is about to come."""
    old = _arrived(home, ending.SECONDS, lambda: locks.holder(server_lock(home)) is None)
    if old is not None:
        return old
    with launched(home) as new:
        found = _arrived(home, wait, lambda: new.has_ended() and locks.holder(server_lock(home)) is None)
        if found is not None:
            return found
        if locks.holder(server_lock(home)) is not None:
            raise ending.deaf(home)
        raise LocalkuError("localku's server did not start.", new.said(), kind=Kind.UNAVAILABLE)


def _arrived(home: Path, seconds: float, is_hopeless: Callable[[], bool]) -> Client | None:
    """Wait for a server to answer; None where nobody will, or not in time. Raises where control is down for good."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        hopeless = is_hopeless()
        found = connect(home)
        if found is not None or hopeless:
            return found
        if ending.has_lost_control(home):
            raise ending.deaf(home)
        time.sleep(LOOK)
    return None
