"""Tells dynos to stop, and looks meanwhile at what goes with them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from localku.ephemeral import walk
from localku.ephemeral.report import Report
from localku.errors import LocalkuError
from localku.platform.dynos import filesystem
from localku.platform.dynos.filesystem import FAREWELL, TRACES
from localku.store.records import App, DynoRecord, Observation

if TYPE_CHECKING:
    from localku.context import Context

FILES = "files"
MOST_FILES = 200
"""So many files of a dyno are kept in mind."""

LOOK_SECONDS = 10.0
"""Real seconds that the end of localku waits for the last words about dynos that have ended."""

Lost = Callable[[Report], None]


class Parting:
    def __init__(self, context: Context, app: App, lost: Lost) -> None:
        """`lost` is called with what a dyno had written, once that is known, from a thread of its own."""
        self._context = context
        self._app = app
        self._lost = lost
        self._files = filesystem.Files(context, app)
        self._looks: list[threading.Thread] = []

    def stop(self, record: DynoRecord, container: str) -> None:
        """Send SIGTERM to every process of the dyno, as Heroku does, and return; the look at its files goes on.

        Where the others cannot be reached the first process alone gets it.
        """
        look = _Look(self, record, container)
        self._looks = [*(one for one in self._looks if one.is_alive()), look]
        look.start()
        look.told.wait()
        if not look.reached:
            self._context.engine.containers.kill(container, "TERM")

    def wait(self) -> None:
        """Let the looks that still go on come to their end, if that is near."""
        deadline = time.monotonic() + LOOK_SECONDS
        for look in self._looks:
            look.join(max(0.0, deadline - time.monotonic()))

    def keep(self, record: DynoRecord, output: Iterator[tuple[str, bytes]]) -> None:
        """Understand what the look has seen, tell and remember it."""
        found = self._files.judged(record, filesystem.walked(output))
        if not found.report.entries:
            return
        self._lost(found.report)
        missed = found.report.missed[:MOST_FILES]
        self._note(record, FAREWELL, found.report.summary())
        if missed:
            self._note(record, FILES, [[entry.path, entry.change, entry.kind.value] for entry in missed])
        traces = [(path, trace) for path, trace in found.traces.items() if trace.by_boot][:MOST_FILES]
        self._note(record, TRACES, [[path, trace.digest, trace.by_boot] for path, trace in traces])

    def _note(self, record: DynoRecord, kind: str, data: Any) -> None:
        seen = Observation(self._app.id, record.name, kind, record.release, data, self._context.clock.now())
        self._context.store.observations.keep(seen)

    def told(self, container: str) -> Iterator[tuple[str, bytes]]:
        return self._context.engine.containers.exec_apart(container, walk.STOP_AND_WALK)


class _Look(threading.Thread):
    """`told` is set when SIGTERM has been sent, or could not be; `reached` says which."""

    def __init__(self, parting: Parting, record: DynoRecord, container: str) -> None:
        super().__init__(name=f"parting-{record.name}", daemon=True)
        self._parting, self._record, self._container = parting, record, container
        self.told = threading.Event()
        self.reached = False

    def run(self) -> None:
        with suppress(LocalkuError):  # an engine that is away, a store that cannot be written: no dyno stays for it
            try:
                output = self._told()
            finally:
                self.told.set()
            if self.reached:
                self._parting.keep(self._record, output)

    def _told(self) -> Iterator[tuple[str, bytes]]:
        """Return what comes after the word that SIGTERM was sent."""
        output = self._parting.told(self._container)
        stream, first = next(output, ("", b""))
        self.reached = stream == "stdout" and first.startswith(walk.TOLD)
        return _and_then((stream, first.removeprefix(walk.TOLD)), output)


def _and_then(first: tuple[str, bytes], output: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    yield first
    yield from output
