"""One build of an app at a time: what clients send waits for the build that runs, where a command is refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localku import locks
from localku.context import Context
from localku.platform.deploying import builds
from localku.records import App, Build
from localku.telling import Say


@contextmanager
def turn(context: Context, app: App, say: Say, look: Callable[[], None], queued: Build | None = None) -> Iterator[None]:
    """Have the turn, after whoever has it now, and after those that were queued before `queued`.

    What `look` raises, which is called again and again, ends the waiting.
    """
    is_told = False

    def wait() -> None:
        nonlocal is_told
        look()
        if not is_told:
            is_told = True
            say(f"Waiting for another build of {app.name}...")

    while queued is not None and builds.is_behind_others(context, app, queued):
        wait()
        time.sleep(locks.LOOK)
    with locks.held_after(builds.lock(context, app), wait):
        yield
