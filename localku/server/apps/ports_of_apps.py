"""The router's port of each app: given at its first `up` and remembered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from localku.errors import Kind, LocalkuError
from localku.machine.listeners import program_on

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App
    from localku.telling import Say

FIRST = 5000
TRIED = 100


class Ports(Protocol):
    """The ports at which the router listens."""

    def open(self, number: int) -> bool:
        """Listen; False where somebody else does. Raise LocalkuError where this user may not."""

    def close(self, number: int) -> None: ...

    def keep(self, numbers: tuple[int, ...]) -> None:
        """Listen on no others than these."""


class AppPorts:
    """Used by one thread at a time."""

    def __init__(self, context: Context, ports: Ports) -> None:
        self._context = context
        self._ports = ports
        self._held: dict[str, int] = {}

    def given(self, app: App, asked: int | None, say: Say) -> int:
        """Listen for the app: on the port that is asked for, the one it had, or the next one that is free."""
        held = self._held.get(app.uuid)
        if held is not None and asked in {None, held}:
            return held
        port = self._opened(app, asked, say)
        if held is not None:
            self._ports.close(held)
        self._held[app.uuid] = port
        if app.port != port:
            self._context.store.apps.set_port(app, port)
        return port

    def freed(self, app: App) -> None:
        """Listen for the app no longer; its port is remembered."""
        held = self._held.pop(app.uuid, None)
        if held is not None:
            self._ports.close(held)

    def keep_no_others(self) -> None:
        """Let go of the ports that a control process before this one has opened, for apps that are down by now."""
        self._ports.keep(self.all())

    def all(self) -> tuple[int, ...]:
        return tuple(sorted(self._held.values()))

    def _opened(self, app: App, asked: int | None, say: Say) -> int:
        first = asked or app.port or FIRST
        for number in self._candidates(app, first, is_chosen=asked is not None or app.port is not None):
            if number not in self._held.values() and self._ports.open(number):
                return number
            say(f"Port {number} is in use by {self._who(number)}; trying {number + 1}")
        raise LocalkuError(f"No free port from {first} on.", "Choose one with -p.", kind=Kind.CONFLICT)

    def _candidates(self, app: App, first: int, *, is_chosen: bool) -> Iterator[int]:
        """Leave out the ports that other apps have had, which may come back; not the first where that was chosen."""
        others = {one.port for one in self._context.store.apps.all() if one.id != app.id}
        for number in range(first, min(first + TRIED, 65536)):
            if number not in others or (is_chosen and number == first):
                yield number

    def _who(self, port: int) -> str:
        """Name whoever holds a port: another app here, or a program found through /proc."""
        for uuid, held in self._held.items():
            app = self._context.store.apps.with_uuid(uuid)
            if held == port and app is not None:
                return f"the app {app.name}"
        return program_on(port) or "another program"
