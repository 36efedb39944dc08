"""Looks after a one-off dyno while it runs: its memory, its time, and whether somebody wants it to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localku.clock import elapsed
from localku.dyno import dyno_lines, dyno_sizes, lifetime, signals
from localku.dyno.gauge import Gauge, measured
from localku.dyno.shutdown import Shutdown
from localku.errors import LocalkuError
from localku.states import Wanted

if TYPE_CHECKING:
    from localku.context import Context
    from localku.store.records import App, OneOff

TICK = 0.1
"""Seconds between two looks."""

HANGUPS, BETWEEN_HANGUPS = 3, 5.0
"""SIGHUP is sent so often, so many seconds apart, before R16 (Dev Center, "Error codes"; how often: from memory)."""


@dataclass
class Client:
    """The other end of an attached dyno. `active` is when bytes last went either way, in platform time."""

    active: float
    hang_up: Callable[[], None]
    """Close the client's connection: it was silent for too long."""
    gone: bool = False
    ignored: threading.Event = field(default_factory=threading.Event)
    """Set when the dyno runs on though its client is gone."""


class OneOffMonitor(threading.Thread):
    def __init__(self, context: Context, app: App, dyno: OneOff, client: Client | None = None) -> None:
        super().__init__(name=f"monitor-{dyno.name}", daemon=True)
        self._context = context
        self._app = app
        self.dyno = dyno
        self._client = client
        self._log = context.log(app)
        self._stopping = False
        self.killed = False
        """Whether SIGKILL was sent, and told."""
        self._hangups: list[float] = []
        self._shutdown = Shutdown(context.clock, self._say, self._terminate, self._kill)
        found = context.engine.containers.inspect(dyno.container)
        size = dyno_sizes.named(dyno.size)
        self._gauge = Gauge(context, measured(context, app, dyno.name, found, size), self._say, self._kill)
        self._over = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether the dyno was told to end before it did so by itself."""
        return self._stopping

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
        if self._stopping:
            self._go_on_stopping()
        elif self._unwanted():
            self._stop()
        elif elapsed(self._context.clock, self.dyno.since) > lifetime.longest(self.dyno.type, self.dyno.container):
            if self.dyno.type != "release":
                self._say(dyno_lines.CYCLING)
            self._stop()
        elif self._client is not None:
            self._attend(self._client, now)

    def _unwanted(self) -> bool:
        found = self._context.store.oneoffs.named(self._app, self.dyno.name)
        return found is not None and found.wanted is not Wanted.UP

    def _stop(self) -> None:
        self._stopping = True
        self._go_on_stopping()

    def _go_on_stopping(self) -> None:
        if not self._shutdown.told:
            try:
                self._shutdown.announce()
            finally:
                self._shutdown.tell()
        elif not self.killed:
            self._shutdown.hurry()

    def _terminate(self) -> None:
        signals.to_all(self._context.engine.containers, self.dyno.container, "TERM")

    def _kill(self) -> None:
        self.killed = True
        self._context.engine.containers.kill(self.dyno.container)

    def _attend(self, client: Client, now: float) -> None:
        if not client.gone:
            if now - client.active < lifetime.ATTACHED_IDLE:
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
