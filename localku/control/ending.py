"""The end of a server: waiting for its last process to be gone, and what to do with one that hears nobody."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from localku import locks
from localku.control import family_record
from localku.control.server_program import LAST_LINES, log_text
from localku.errors import CLIENT, Kind, LocalkuError

SECONDS = 60.0
"""Real ones for a server to end that was told to: its router lets requests finish for 30."""

LOOK = 0.02

INSIST = 2.0
"""Seconds between two signals to a server that does not answer: the second one ends it without its control, and each
further one kills the process that it waits for."""


def server_lock(home: Path) -> Path:
    """Held by the server's processes as long as there is one of them."""
    return home / "server.lock"


def wait(home: Path, insist: Callable[[int], None] = lambda _holder: None) -> None:
    """Wait until there is no process of the server. Raises LocalkuError where one stays.

    `insist` is called again and again meanwhile, with the number of the parent's process.
    """
    deadline, next_time = time.monotonic() + SECONDS, 0.0
    while (holder := locks.holder(server_lock(home))) is not None:
        if holder and time.monotonic() >= next_time:
            insist(holder)
            next_time = time.monotonic() + INSIST
        if time.monotonic() > deadline:
            raise LocalkuError(
                f"The server (process {holder}) does not end.",
                f"`{CLIENT} server:logs` may say why; `kill -9 {holder}` ends it, and its dynos run on.",
                kind=Kind.CONFLICT,
            )
        time.sleep(LOOK)


def forced(home: Path) -> bool:
    """End a server that cannot be asked, for its control does not answer; whether there was one. Its dynos run on."""

    def tell(holder: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(holder, signal.SIGTERM)

    if locks.holder(server_lock(home)) is None:
        return False
    wait(home, tell)
    return True


def has_lost_control(home: Path) -> bool:
    """Whether the server's process that answers commands has died too often."""
    told = {one.name: one for one in family_record.read(home)}
    is_of_this_server = "parent" in told and told["parent"].pid == locks.holder(server_lock(home))
    return is_of_this_server and "control" in told and told["control"].is_down


def deaf(home: Path) -> LocalkuError:
    """A server that is there and does not answer."""
    holder = locks.holder(server_lock(home))
    lost = has_lost_control(home)
    why = ": control, one of its processes, has died three times in a minute" if lost else ""
    log = "\n".join(("", *log_text(home).splitlines()[-LAST_LINES:])) if lost else ""
    return LocalkuError(
        f"The server (process {holder}) does not answer{why}.",
        f"`{CLIENT} server:logs` may say why; `{CLIENT} server:restart` starts it anew.{log}",
        kind=Kind.UNAVAILABLE,
    )
