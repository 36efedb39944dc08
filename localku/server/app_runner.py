"""Runs an app: supervisor, router and database, until it is told to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from localku import locks
from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable
from localku.ephemeral.report import Report
from localku.errors import CLIENT, LocalkuError
from localku.machine.listeners import program_on
from localku.platform import drains, housekeeping
from localku.platform.addons import addon_servers
from localku.platform.dynos import oneoff
from localku.platform.dynos.running import supervisor_lock
from localku.router.router_limits import raise_file_limit
from localku.router.router_server import RouterThread, run_in_thread
from localku.router.table import StoreRoutes, store_log
from localku.router.tls import certificates
from localku.states import Wanted
from localku.store.records import App
from localku.supervisor.doctor_watch import watching
from localku.supervisor.loop import HEROKU, Supervisor
from localku.supervisor.supervisor_limits import Limits
from localku.telling import Say

HOST = "localhost"
"""Loopback only, in both address families."""
TRIED_PORTS = 100
STOP_SECONDS = 60.0
"""A dyno's 30 seconds, and as many for the engine."""


def serve(
    context: Context, app: App, port: int, say: Say, ready: Callable[[App], None], limits: Limits = HEROKU
) -> None:
    """Run the app until SIGINT, SIGTERM or `localku down`; `ready` is called when the router listens."""
    busy = f"{app.name} is already running."
    hint = f"`{CLIENT} ps` shows it, `{CLIENT} down` stops it."
    with locks.held(supervisor_lock(context, app), busy, hint), drains.delivering(context, app):
        router = start_router(context, app, port, say)
        try:
            context.store.apps.set_port(app, router.port)
            context.store.apps.want(app, Wanted.UP)
            ready(context.store.apps.by_id(app.id))
            with watching(context, app):
                _supervise(context, app, say, limits)
        finally:
            router.stop()
            wind_up(context, app, say)


def wind_up(context: Context, app: App, say: Say) -> None:
    """Stop all that is left when the dynos have ended; what cannot be done is told, and keeps nothing else from it."""
    told: set[str] = set()
    for step in (_want_down, oneoff.end_detached, addon_servers.stop, housekeeping.sweep):
        try:
            step(context, app)
        except EngineUnavailable:
            return  # the supervisor has told it
        except LocalkuError as error:
            if error.message not in told:
                told.add(error.message)
                say(f" !     {error.message}")


def _want_down(context: Context, app: App) -> None:
    context.store.apps.want(app, Wanted.DOWN)


def _supervise(context: Context, app: App, say: Say, limits: Limits) -> None:
    failure: list[Exception] = []
    with _stop_on_signal() as stopping:

        def lost(report: Report) -> None:
            if stopping.is_set():
                say(report.summary())

        supervisor = Supervisor(context, app, limits, lost)

        def work() -> None:
            try:
                supervisor.run()
            except Exception as error:  # noqa: BLE001 - raised below, in the thread that people see
                failure.append(error)

        thread = threading.Thread(target=work, name="supervisor", daemon=True)
        thread.start()
        while thread.is_alive() and not stopping.is_set():
            thread.join(0.2)
        if thread.is_alive():
            supervisor.stop()
            say(f"Stopping {app.name}: SIGTERM to all its processes, SIGKILL after 30 seconds")
            thread.join(STOP_SECONDS)
            if thread.is_alive():
                failure.append(_stuck(app))
    if failure:
        raise failure[0]


def _stuck(app: App) -> LocalkuError:
    return LocalkuError(
        f"The engine did not stop the dynos of {app.name} within {STOP_SECONDS:.0f} seconds.",
        f"Look at it with `docker ps`; `{CLIENT} down -a {app.name}` tries again.",
    )


@contextlib.contextmanager
def _stop_on_signal() -> Iterator[threading.Event]:
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def start_router(context: Context, app: App, port: int, say: Say) -> RouterThread:
    """Listen on `port` or, where somebody else does, on the next free one, and say so."""
    raise_file_limit()
    routes = StoreRoutes(context)
    tls = certificates.context(context.home / "tls", (f"{app.name}.localhost",), domains=routes)
    for number in range(port, min(port + TRIED_PORTS, 65536)):
        if not is_free(number):
            say(f"Port {number} is in use by {who_listens(context, number)}; trying {number + 1}")
            continue
        return run_in_thread(routes, store_log(context), host=HOST, port=number, clock=context.clock, tls=tls)
    raise LocalkuError(f"No free port from {port} on.", "Choose one with -p.")


def who_listens(context: Context, port: int) -> str:
    """Name whoever holds a port: another app here, or a program found through /proc."""
    for app in context.store.apps.all():
        if app.wanted is Wanted.UP and app.port == port:
            return f"the app {app.name}"
    return program_on(port) or "another program"


def is_free(port: int) -> bool:
    """Whether nobody listens on the port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise LocalkuError(
                f"Port {port} is not allowed for this user.", "Choose one above 1023 with -p."
            ) from error
        except OSError:
            return False
    return True
