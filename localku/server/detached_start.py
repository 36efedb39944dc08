"""Starts an app in a process of its own, which runs on when the command has ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.dynos import formation, running
from localku.states import DynoState, Wanted
from localku.store.records import App

START_SECONDS = 90.0
"""Real seconds for all dynos to come up, or to crash."""

SETTLED = frozenset({DynoState.UP, DynoState.CRASHED, DynoState.IDLE})
WELL = frozenset({DynoState.UP, DynoState.IDLE})


@dataclass(frozen=True)
class Background:
    """How the app is to run: the router's port, builds on changes, without network, seconds until dynos cycle."""

    port: int
    watch: bool = False
    offline: bool = False
    cycle_every: float | None = None

    def arguments(self) -> list[str]:
        """Of the command that runs it, which this program is started again with."""
        cycling = ["--cycle-every", f"{self.cycle_every}s"] if self.cycle_every else []
        switches = ["--watch"] * self.watch + ["--offline"] * self.offline
        return ["--port", str(self.port), "--no-build", "--in-background", *switches, *cycling]


@dataclass(frozen=True)
class Started:
    """`app` as it runs now, and the dynos that did not come up."""

    app: App
    not_up: tuple[str, ...]


def start(context: Context, app: App, how: Background) -> Started:
    """Run the app in the background and wait until its dynos are up or have crashed.

    What the new process says of itself goes to a file; what the app says is in the app's log.
    """
    output = context.store.folder(app) / "detached.log"
    command = [sys.executable, "-m", "localku", "up", "--app", app.name, *how.arguments()]
    output.unlink(missing_ok=True)
    with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
        started = subprocess.Popen(
            command, cwd=app.root, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    _wait(context, app, started, output)
    not_up = tuple(dyno.name for dyno in context.store.dynos.of(app.id) if dyno.state not in WELL)
    return Started(context.store.apps.by_id(app.id), not_up)


def _wait(context: Context, app: App, started: subprocess.Popen[bytes], output: Path) -> None:
    """Wait for the new process to have the app in hand, not for what a killed one has left in the store."""
    deadline, wanted = time.monotonic() + START_SECONDS, _how_many(context, app)
    while time.monotonic() < deadline:
        if started.poll() is not None:
            raise LocalkuError(f"{app.name} did not stay up.", output.read_text(errors="replace").strip())
        dynos = context.store.dynos.of(app.id)
        is_wanted = context.store.apps.by_id(app.id).wanted is Wanted.UP
        in_hand = is_wanted and running.is_running(context, app) == started.pid
        if in_hand and all(dyno.state in SETTLED or dyno.crashes for dyno in dynos) and len(dynos) >= wanted:
            return
        time.sleep(0.05)


def _how_many(context: Context, app: App) -> int:
    """How many dynos there shall be."""
    return sum(entry.quantity for entry in formation.desired(context, app, formation.types(context, app)))
