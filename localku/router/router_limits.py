"""Every limit of the router in one place, each with where its figure comes from.

Sources: HR25 = Dev Center "HTTP Routing" (July 2025), EC21 = Dev Center "Heroku Error Codes" (2021),
RT = Dev Center "Request Timeout", vegur = Heroku's legacy router (github.com/heroku/vegur).
Durations are seconds, sizes are bytes. Figures marked "own" are not Heroku's.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, eq=False)
class Limits:
    """What the router waits for and puts up with; `scaled()` makes the waits shorter for tests."""

    # Dynos
    connect: float = 5.0  # HR25: refused or over 5 s puts the dyno into quarantine; H19
    quarantine: float = 5.0  # HR25: at most 5 s on that router
    attempts: int = 10  # HR25: at most 10 dynos are tried, or as many as there are
    hold: float = 75.0  # EC21 H20: nothing up yet; HR25: all up dynos in quarantine
    hold_poll: float = 0.01  # own: how often the app's state is looked at for the requests that are held
    backoff_first: float = 0.1  # own: HR25 says "incremental backoff" without figures
    backoff_most: float = 2.0  # own
    dyno_keep_alive: float = 90.0  # HR25: idle connections to dynos are closed after 90 s
    dyno_reuse_unsafe: float = 1.0  # own: a request that cannot be sent twice only takes a fresher connection
    in_flight_per_dyno: int = 200  # HR25: 200 x n requests per router; H11

    # One request and its response
    first_byte: float = 30.0  # RT, EC21 H12: counted once the whole request is with the dyno
    idle: float = 55.0  # HR25, EC21 H15 and H28: a rolling window, reset by either direction
    response_buffer: int = 1024 * 1024  # HR25: 1 MB per connection

    # Clients
    client_keep_alive: float = 90.0  # own: Heroku publishes no figure
    client_head: float = 30.0  # own: time to finish a TLS handshake, and a request's headers once begun
    client_connections: int = 16_000  # own: H22; Heroku publishes no figure
    linger: float = 2.0  # own: how long what a client still sends is read after an early answer
    first_request: float = 0.25  # own: what `close()` grants a client that has just connected to send its request
    shutdown: float = 1.0  # own: what `close()` grants requests in flight before H24

    # Requests, else status 400 (HR25)
    request_line: int = 8192
    request_header: int = 8192
    request_header_name: int = 1000
    request_headers: int = 1000
    method: int = 127

    # Responses, else status 502 and H25 (HR25)
    status_line: int = 8192
    response_header: int = 512 * 1024
    set_cookie: int = 8192
    response_headers: int = 1000  # own: Heroku publishes no figure

    speed: float = 1.0  # platform seconds per real second; log lines report platform milliseconds

    def scaled(self, speed: float) -> Limits:
        """The same limits on a clock that runs `speed` times as fast, as `SystemClock(scale=speed)` does."""
        waits = {one.name: getattr(self, one.name) / speed for one in fields(self) if one.name in _WAITS}
        return replace(self, speed=self.speed * speed, **waits)


_WAITS = frozenset(one.name for one in fields(Limits) if isinstance(one.default, float) and one.name != "speed")


def raise_file_limit() -> None:
    """Let this process have as many connections open as the machine allows it to."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
