"""What all requests of one router share, and how a request gets its dyno."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from localku.clock import Clock
from localku.router import affinity
from localku.router.backends import Dynos, Key
from localku.router.codes import H10, H11, H14, H20, H34, H80, H81, Failed
from localku.router.connection import Connection
from localku.router.http1.request import Request
from localku.router.opening.connecting import Attempt
from localku.router.opening.new_connection import NewConnection
from localku.router.record import Record
from localku.router.router_limits import Limits
from localku.router.routing.routes import AppState, Backend, Route, RouterLog, Routes

_CLOSED = {
    AppState.MAINTENANCE: H80,
    AppState.BLANK: H81,
    AppState.NO_WEB: H14,
    AppState.CRASHED: H10,
}


class NoSuchApp(Exception):
    """No app answers to this host: 404, and nobody's log hears of it."""


@dataclass
class RouterState:
    routes: Routes
    log: RouterLog
    limits: Limits
    clock: Clock
    dynos: Dynos
    in_flight: dict[str, int] = field(default_factory=dict)
    _quiet: asyncio.Event | None = None  # there while somebody waits for nothing to be in flight
    _looks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def route(self, host: str, port: int) -> Route:
        """Raises NoSuchApp."""
        route = self.routes.find(host, port)
        if route is None:
            raise NoSuchApp(host)
        return route

    async def changed(self, host: str, port: int, route: Route, seconds: float) -> None:
        """Wait until the route of a host at a port is another one; one look serves all that wait for an app."""
        if route.app not in self._looks:
            look = asyncio.get_running_loop().create_task(self._look(host, port, route))
            look.add_done_callback(lambda _: self._looks.pop(route.app))
            self._looks[route.app] = look
        await asyncio.wait((self._looks[route.app],), timeout=seconds)

    async def _look(self, host: str, port: int, route: Route) -> None:
        until = self.dynos.time() + self.limits.hold
        while self.routes.find(host, port) == route and self.dynos.time() < until:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(self.limits.hold_poll)

    def close(self) -> None:
        """Let nobody wait any more."""
        for look in self._looks.values():
            look.cancel()
        self.dynos.close()

    def enter(self, route: Route) -> None:
        """Count a request in flight until `leave`. Raises Failed with H11 where there are too many."""
        flying = self.in_flight.get(route.app, 0)
        if flying >= self.limits.in_flight_per_dyno * max(route.web_dynos, 1):
            raise Failed(H11)
        self.in_flight[route.app] = flying + 1

    def leave(self, route: Route) -> None:
        flying = self.in_flight[route.app] - 1
        if flying:
            self.in_flight[route.app] = flying
            return
        del self.in_flight[route.app]
        if self._quiet is not None and not self.in_flight:
            self._quiet.set()

    async def quiet(self) -> None:
        """Wait until nothing is in flight."""
        if self.in_flight:
            self._quiet = asyncio.Event()
            await self._quiet.wait()

    def milliseconds(self, since: float) -> int:
        """Platform time since a moment of the event loop's clock."""
        return round((self.dynos.time() - since) * self.limits.speed * 1000)


@dataclass(slots=True)
class BackendSelection:
    """One request's way to a dyno: wait for one that is up, choose at random, try the next."""

    state: RouterState
    request: Request
    record: Record
    began: float
    route: Route
    _tried: frozenset[Backend] = frozenset()
    _last: Failed | None = None
    key: Key = ("", Backend("", "", 0))
    opened: NewConnection | None = None
    """The connection that was given, where it is no kept one."""
    _attempt: Attempt | None = None
    _attempted: float = 0.0

    async def connection(self, youngest: float) -> Connection:
        """A connection to an up dyno; a kept one only if younger than `youngest` seconds.

        Raises Failed with H10, H14, H19, H20, H21, H34, H80 or H81.
        """
        pause = self.state.limits.backoff_first
        if self._attempt is not None:
            found = await self._open(self.key[1])
            if found is not None:
                return found
            self.route = self.state.route(self.request.host, self.record.origin.port)
        while True:
            if self.route.state in _CLOSED:
                raise Failed(_CLOSED[self.route.state])
            ready: Sequence[Backend] = [one for one in self.route.backends if self._ready(one)]
            if ready:
                if self.route.session_affinity:
                    ready = affinity.preferred(self.request.values, ready)
                chosen = _any(ready)
                found = self._reuse(chosen, youngest) or await self._open(chosen)
                if found is not None:
                    return found
            else:
                pause = await self._wait(pause)
            self.route = self.state.route(self.request.host, self.record.origin.port)

    def at_once(self) -> Connection | None:
        """A connection to a dyno that may be chosen, if nothing has to be waited for.

        `connection` goes on with what has begun here.
        """
        route = self.route
        if route.state in _CLOSED or route.session_affinity:
            return None
        ready = [one for one in route.backends if self._ready(one)]
        if not ready:
            return None
        chosen = _any(ready)
        return self._reuse(chosen, self.state.limits.dyno_keep_alive) or self._begin(chosen)

    def _begin(self, backend: Backend) -> Connection | None:
        self._attempted = self.state.dynos.time()
        attempt = Attempt(backend.host, backend.port)
        if attempt.made is None:
            self._attempt = attempt
            return None
        self._tried |= {backend}
        self.record.connect = self.state.milliseconds(self._attempted)
        self.opened = self.state.dynos.opened(attempt.made)
        return self.opened

    def give_up(self) -> None:
        """Nobody wants a connection any more."""
        if self._attempt is not None:
            self._attempt.give_up()
            self._attempt = None

    def _ready(self, backend: Backend) -> bool:
        return backend not in self._tried and self.state.dynos.available((self.route.app, backend))

    def _reuse(self, backend: Backend, youngest: float) -> Connection | None:
        self.key = (self.route.app, backend)
        self.record.dyno = backend.dyno
        kept = self.state.dynos.reuse(self.key, youngest)
        if kept is not None:
            self.opened = None
            self.record.connect = 0
        return kept

    async def _open(self, backend: Backend) -> Connection | None:
        self._tried |= {backend}
        attempt, self._attempt = self._attempt, None
        began = self.state.dynos.time() if attempt is None else self._attempted
        try:
            self.opened = await self.state.dynos.open(self.key, attempt)
        except Failed as failed:
            self._last = failed
            if len(self._tried) >= self.state.limits.attempts:
                raise
            return None
        finally:
            self.record.connect = self.state.milliseconds(began)
        return self.opened

    async def _wait(self, pause: float) -> float:
        """Wait for a dyno to come up, or out of quarantine."""
        limits = self.state.limits
        if self._last is not None and self.route.backends:
            raise self._last
        if self.state.dynos.time() - self.began >= limits.hold:
            raise Failed(H34 if self.route.backends else H20)
        if not self.route.backends:
            left = self.began + limits.hold - self.state.dynos.time()
            await self.state.changed(self.request.host, self.record.origin.port, self.route, left)
            return pause
        await asyncio.sleep(pause)
        return min(pause * 2, limits.backoff_most)


def _any(ready: Sequence[Backend]) -> Backend:
    return ready[0] if len(ready) == 1 else random.choice(ready)  # noqa: S311
