"""Looks after a one-off dyno while it runs: its memory, its time, and whether somebody wants it to stop."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from localku.clock import elapsed
from localku.context import Context
from localku.dyno import dyno_lines, dyno_sizes, signals
from localku.dyno.gauge import Gauge, measured
from localku.errors import LocalkuError
from localku.store.records import App, OneOff

TICK = 0.1
"""Seconds between two looks."""

HOUR = 3600.0

IDLE = 1 * HOUR
"""An attached dyno without input and output for so long is closed (reference/heroku-runtime.md §1.4)."""

RELEASE = 1 * HOUR
"""The longest a release phase may take (reference §1.4)."""

DAY, SPREAD = 24 * HOUR, 216 * 60.0
"""Any other dyno is cycled after so long, and a random part of the second later (reference §1.4)."""

SHUTDOWN = 30.0
"""Seconds from SIGTERM to SIGKILL (reference §1.4)."""

HANGUPS, BETWEEN_HANGUPS = 3, 5.0
"""SIGHUP is sent so often, so many seconds apart, before R16 (reference §4: "every 5 s"; their number: from memory)."""


@dataclass
class Client:
    """The other end of an attached dyno. `active` is when bytes last went either way, in platform time."""

    active: float
    hang_up: Callable[[], None]
    """Close the client's connection: it was silent for too long."""
    gone: bool = False
    ignored: threading.Event = field(default_factory=threading.Event)
    """Set when the dyno runs on though its client is gone."""


class Minder(threading.Thread):
    def __init__(self, context: Context, app: App, dyno: OneOff, client: Client | None = None) -> None:
        super().__init__(name=f"minder-{dyno.name}", daemon=True)
        self._context = context
        self._app = app
        self.dyno = dyno
        self._client = client
        self._log = context.log(app)
        self._stopping: float | None = None
        self.killed = False
        """Whether SIGKILL was sent, and told."""
        self._hangups: list[float] = []
        found = context.engine.containers.inspect(dyno.container)
        size = dyno_sizes.named(dyno.size)
        self._gauge = Gauge(context, measured(context, app, dyno.name, found, size), self._say, self._kill)
        self._over = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether the dyno was told to end before it did so by itself."""
        return self._stopping is not None

    def end(self) -> None:
        """The dyno is over: there is nothing more to look after."""
        self._over.set()
        self._gauge.close()

    def run(self) -> None:
        while not self._over.wait(TICK):
            try:
                self.step()
            except LocalkuError:
                continue  # the engine or the disk is away: the next look may find it

    def step(self) -> None:
        """Look once."""
        now = self._context.clock.monotonic()
        self._gauge.look()
        if self._stopping is not None:
            self._hurry(now - self._stopping)
        elif self._unwanted():
            self._terminate(now)
        elif elapsed(self._context.clock, self.dyno.since) > self._longest:
            if self.dyno.type != "release":
                self._say(dyno_lines.CYCLING)
            self._terminate(now)
        elif self._client is not None:
            self._attend(self._client, now)

    @property
    def _longest(self) -> float:
        """Seconds the dyno may take; the random part is its container's own, whoever asks and when."""
        if self.dyno.type == "release":
            return RELEASE
        return DAY + SPREAD * zlib.crc32(self.dyno.container.encode()) / (1 << 32)

    def _unwanted(self) -> bool:
        found = self._context.store.oneoffs.named(self._app, self.dyno.name)
        return found is not None and found.wanted != "up"

    def _terminate(self, now: float) -> None:
        self._stopping = now
        self._say(dyno_lines.STOPPING)
        signals.to_all(self._context.engine.containers, self.dyno.container, "TERM")

    def _hurry(self, passed: float) -> None:
        if passed > SHUTDOWN and not self.killed:
            self._say(dyno_lines.R12)
            self._say(dyno_lines.STOPPING_HARD)
            self._kill()

    def _kill(self) -> None:
        self.killed = True
        self._context.engine.containers.kill(self.dyno.container)

    def _attend(self, client: Client, now: float) -> None:
        if not client.gone:
            if now - client.active < IDLE:
                return
            client.gone = True
            client.hang_up()
        if self._hangups and now - self._hangups[-1] < BETWEEN_HANGUPS:
            return
        if len(self._hangups) < HANGUPS:
            self._hangups.append(now)
            self._say(dyno_lines.HANGUP)
            signals.to_all(self._context.engine.containers, self.dyno.container, "HUP")
        else:
            self._say(dyno_lines.R16)
            self._client = None
            client.ignored.set()

    def _say(self, message: str) -> None:
        self._log.write("heroku", self.dyno.name, message)
