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
from localku.records import App, DynoRecord, Observation

if TYPE_CHECKING:
    from localku.context import Context
    from localku.ephemeral.walk import Walk

FILES = "files"
MOST_FILES = 200
"""So many files of a dyno are kept in mind."""

LOOK_SECONDS = 10.0
"""Real seconds that the end of localku waits for the last words about dynos that have ended."""

CALM_SECONDS = 10.0
"""Real seconds for which what was seen is left lying while other dynos boot: to understand it takes a processor."""

Lost = Callable[[Report], None]


class Parting:
    def __init__(self, context: Context, app: App, lost: Lost) -> None:
        """`lost` is called with what a dyno had written, once that is known, from a thread of its own."""
        self._context = context
        self._app = app
        self._lost = lost
        self._files = filesystem.Files(context, app)
        self._looks: list[_Look] = []
        self._calm = threading.Event()
        self._calm.set()

    def stop(self, record: DynoRecord, container: str) -> None:
        """Send SIGTERM to every process of the dyno, as Heroku does, and return; the look at its files goes on.

        Where the others cannot be reached the first process alone gets it.
        """
        self._looks = [one for one in self._looks if one.is_alive()]
        look = _Look(self, record, container, [one for one in self._looks if one.dyno == record.name])
        self._looks.append(look)
        look.start()
        look.told.wait()
        if not look.reached:
            self._context.engine.containers.kill(container, "TERM")

    def hold(self, *, booting: bool) -> None:
        """Say whether dynos boot just now, which goes before any look back."""
        if booting:
            self._calm.clear()
        else:
            self._calm.set()

    def wait(self) -> None:
        """Let the looks that still go on come to their end, if that is near."""
        self._calm.set()
        deadline = time.monotonic() + LOOK_SECONDS
        for look in self._looks:
            look.join(max(0.0, deadline - time.monotonic()))

    def keep(self, record: DynoRecord, seen: Walk) -> None:
        """Understand what the look has seen, tell and remember it."""
        self._calm.wait(CALM_SECONDS)
        found = self._files.judged(record, seen)
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
    """`told` is set when SIGTERM has been sent, or could not be; `reached` says which.

    What it has seen is kept after what `others` have: dynos of the same name before this one.
    """

    def __init__(self, parting: Parting, record: DynoRecord, container: str, others: list[_Look]) -> None:
        super().__init__(name=f"parting-{record.name}", daemon=True)
        self.dyno = record.name
        self._others = others
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
                seen = filesystem.walked(output)
                for one in self._others:
                    one.join()
                self._parting.keep(self._record, seen)

    def _told(self) -> Iterator[tuple[str, bytes]]:
        """Return what comes after the word that SIGTERM was sent."""
        output = self._parting.told(self._container)
        stream, first = next(output, ("", b""))
        self.reached = stream == "stdout" and first.startswith(walk.TOLD)
        return _and_then((stream, first.removeprefix(walk.TOLD)), output)


def _and_then(first: tuple[str, bytes], output: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    yield first
    yield from output
