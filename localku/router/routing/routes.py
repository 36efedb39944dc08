"""What the router asks of the world: which app answers to a host, and where its lines go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol


class Backend(NamedTuple):
    """One web dyno that is up: its name (`web.1`) and where it listens."""

    dyno: str
    host: str
    port: int


class AppState(Enum):
    UP = "up"
    STARTING = "starting"  # nothing is up yet, but web dynos are starting: requests are held
    CRASHED = "crashed"  # all web dynos have crashed: H10
    NO_WEB = "no web"  # no `web` process type, or scaled to zero: H14
    BLANK = "blank"  # no release with code yet: H81
    MAINTENANCE = "maintenance"  # maintenance mode is on: H80


@dataclass(frozen=True)
class Route:
    """An app as the router sees it at this moment: `app` is its UUID, `name` what its pages call it.

    `web_dynos` is how many web dynos the formation asks for (the base of H11). The last three are features of
    the app: `keep_alive` is False with `http-disable-keepalive-to-dyno`, `end_to_end_continue` True with
    `http-end-to-end-continue`, `session_affinity` with `http-session-affinity`.
    """

    app: str
    state: AppState
    backends: tuple[Backend, ...] = ()
    error_page_url: str | None = None
    maintenance_page_url: str | None = None
    web_dynos: int = 1
    keep_alive: bool = True
    end_to_end_continue: bool = False
    session_affinity: bool = False
    name: str = ""


class Routes(Protocol):
    def find(self, host: str, port: int) -> Route | None:
        """The app behind `host` (lower case; no port, trailing dot or brackets), or None.

        `port` is the one of ours that the client has connected to, whatever it says in the Host header.

        Called in the router's thread for every request, and every `Limits.hold_poll` while some are held:
        it must be quick and must not raise. Being called is what wakes a sleeping app.
        """


class RouterLog(Protocol):
    def line(self, app: str, message: str) -> None:
        """Take one line of the app with this UUID, from `at=` on; the time and `heroku[router]: ` are for the caller.

        Called in the router's thread; it must not block.
        """

    def close(self) -> None:
        """Return once every line taken is written; called once, after the last one."""
