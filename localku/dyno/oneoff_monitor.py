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
    from localku.records import App, OneOff

TICK = 0.1
"""Real seconds between two looks."""

STEADY = 5.0
"""Platform seconds between two looks, at most, where somebody wakes the monitor when the dyno has changed."""

HANGUPS, BETWEEN_HANGUPS = 3, 5.0
"""SIGHUP is sent so often, so many seconds apart, before R16.

Dev Center, "Heroku Error Codes"; how often: from memory.
"""


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
    def __init__(
        self,
        context: Context,
        app: App,
        dyno: OneOff,
        client: Client | None = None,
        woken: threading.Event | None = None,
    ) -> None:
        """`woken` is set by whoever tells of changes; without it there is a look all the time."""
        super().__init__(name=f"monitor-{dyno.name}", daemon=True)
        self._context = context
        self._app = app
        self.dyno = dyno
        self._client = client
        self._woken = woken
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
        if self._woken is not None:
            self._woken.set()
        self._gauge.close()

    def run(self) -> None:
        pause = TICK
        while not self._is_over_after(pause):
            try:
                self.step()
                pause = self._pause()
            except LocalkuError:  # the engine or the disk is away: the next look may find it
                pause = TICK

    def _is_over_after(self, seconds: float) -> bool:
        if self._woken is None:
            return self._over.wait(seconds)
        self._woken.wait(seconds)
        self._woken.clear()
        return self._over.is_set()

    def _pause(self) -> float:
        """Real seconds until there is something to look at."""
        if self._woken is None or self._stopping or self._client is not None:
            return TICK
        left = self._longest - elapsed(self._context.clock, self.dyno.since)
        return max(TICK, min(STEADY, left, self._gauge.due_in()) / self._context.clock.scale)

    @property
    def _longest(self) -> float:
        return lifetime.longest(self.dyno.type, self.dyno.container)

    def step(self) -> None:
        """Look once."""
        now = self._context.clock.monotonic()
        self._gauge.look()
        if self._stopping:
            self._go_on_stopping()
        elif self._unwanted():
            self._stop()
        elif elapsed(self._context.clock, self.dyno.since) > self._longest:
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
