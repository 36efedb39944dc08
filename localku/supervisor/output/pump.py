"""Carries a container's output into the app's log until the container ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.supervisor.output.reading import SLACK, Past, Reading
from localku.supervisor.output.rows import Rows

if TYPE_CHECKING:
    from localku.engine.containers import Containers
    from localku.engine.output import Doorbell
    from localku.supervisor.output.journal import Journal
    from localku.supervisor.output.rows import MakeRows

PACE = 0.05
"""Real seconds from one look to the next while lines come."""

LOOK_ANYWAYS = (10.0, 20.0, 40.0)
"""Real seconds of silence after which it looks all the same, since a follower that rings can miss a rotation.

The longer nothing has come the more seldom: where nothing is printed nothing is rotated.
"""

BUSY = 100
"""Rows between two looks from which on the doorbell is let go: its follower reads all of them too."""

QUIET = 3
"""Looks without a line before the doorbell is asked for again."""

FULL_DISK_PAUSE, FULL_DISK_TRIES = 1.0, 3
"""Real seconds between two attempts to write, and how many a process that has ended waits for."""


class Pump(threading.Thread):
    """One thread per running container; `ended` is called when its output is over.

    With `resume` the log has some of it already, as after `kill -9` of whoever carried it before. `make` makes rows
    of what is printed.
    """

    def __init__(
        self,
        containers: Containers,
        container: str,
        proc: str,
        log: Journal,
        ended: Callable[[], None],
        *,
        resume: bool = False,
        make: MakeRows = Rows,
    ) -> None:
        super().__init__(name=f"pump-{proc}", daemon=True)
        self._containers = containers
        self._container = container
        self._proc = proc
        self._log = log
        self._resume = resume
        self._make = make
        self._bookmark = log.bookmark(container)
        if not resume:
            self._bookmark.begin()
        self._ended = ended
        self._doorbell: Doorbell | None = None
        self._rung = True
        """Whether the last wait for the doorbell ended with a ring: one that is silent while lines come is deaf."""
        self._pause = threading.Event()
        self._left = threading.Event()
        self.over = threading.Event()

    def let_go(self) -> None:
        """Carry no more of it; whoever comes next goes on where this one was. Follow with `join`."""
        self._left.set()
        self._pause.set()
        doorbell = self._doorbell
        if doorbell is not None:
            doorbell.hang_up()

    def run(self) -> None:
        try:
            self._copy()
        except LocalkuError:
            pass  # the container or the engine is gone; the supervisor sees that for itself
        finally:
            self._let_go()
            self.over.set()
            self._ended()

    def _copy(self) -> None:
        reading, quiet, tries = self._reading(resume=self._resume), 0, 0
        while not self._left.is_set():
            over, began = self._doorbell is not None and self._doorbell.over, time.monotonic()
            carried = self._carry(reading, lose=over and tries >= FULL_DISK_TRIES)
            if carried is None:  # the disk is full: the log says where to go on
                reading, tries = self._reading(resume=True), tries + over
                self._doorbell = self._doorbell or self._containers.doorbell(self._container)
                self._pause.wait(FULL_DISK_PAUSE)
            elif over and not carried:
                if not self._left.is_set():
                    self._log.rows(reading.rest())
                return
            else:
                quiet = 0 if carried else quiet + 1
                self._wait(carried, quiet, began)

    def _carry(self, reading: Reading, *, lose: bool) -> int | None:
        """Put what is new into the log; return how many rows, None where the disk does not take them."""
        number = 0
        for rows in reading.new():
            if self._left.is_set() or not self._log.rows(rows, lose=lose):
                return None
            self._bookmark.put(rows[-1])
            number += len(rows)
        return number

    def _wait(self, carried: int, quiet: int, began: float) -> None:
        """Until there may be more. A doorbell that was asked for just now has missed what came before: look again."""
        if carried > BUSY or (carried and not self._rung):
            self._let_go()
        if carried or (self._doorbell is None and quiet < QUIET):
            self._pause.wait(max(began + PACE - time.monotonic(), 0))
        elif self._doorbell is None:
            self._doorbell = self._containers.doorbell(self._container)
        elif not self._doorbell.over:
            self._rung = self._doorbell.wait(patience(quiet - QUIET - 1))

    def _let_go(self) -> None:
        if self._doorbell is not None:
            self._doorbell.hang_up()
            self._doorbell = None
        self._rung = True

    def _reading(self, *, resume: bool) -> Reading:
        past = self._past() if resume else None
        return Reading(self._containers, self._container, self._proc, self._hole, past, self._make)

    def _past(self) -> Past:
        mark = self._bookmark.mark
        since = mark.time - 2 * SLACK if mark else self._born()
        return Past(mark, self._bookmark.known("app", self._proc, since))

    def _born(self) -> datetime:
        return datetime.fromisoformat(self._containers.inspect(self._container).started_at)

    def _hole(self, since: datetime | None, until: datetime) -> None:
        """Say what is missing in Logplex's words; how many messages it were nobody knows."""
        began = (since or self._born()).isoformat()
        said = f"Error L10 (output buffer overflow): messages dropped since {began}"
        self._log.write("heroku", "logplex", f"{said}, until {until.isoformat()}, of {self._proc}.")


def patience(vain: int) -> float:
    """Seconds until the next look that nobody has rung for, after so many in vain."""
    return LOOK_ANYWAYS[min(max(0, vain), len(LOOK_ANYWAYS) - 1)]
