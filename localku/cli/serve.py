"""Runs an app: supervisor, router and database, until it is told to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

from localku.engine.errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform import addons, drains, filesystem, locks, oneoff
from localku.platform.context import Context
from localku.platform.running import supervisor_lock
from localku.router import certificates
from localku.router.limits import raise_file_limit
from localku.router.server import RouterThread, run_in_thread
from localku.router.table import StoreRoutes, store_log
from localku.store.records import App
from localku.supervisor.attending import attending
from localku.supervisor.limits import Limits
from localku.supervisor.loop import HEROKU, Supervisor

HOST = "localhost"
"""Loopback only, in both address families."""
TRIED_PORTS = 100
STOP_SECONDS = 60.0
"""A dyno's 30 seconds, and as many for the engine."""

REPORTS_AT_ONCE = 6
"""The engine needs a good part of a second for each."""

Say = Callable[[str], None]


def serve(
    context: Context, app: App, port: int, say: Say, ready: Callable[[App], None], limits: Limits = HEROKU
) -> None:
    """Run the app until SIGINT, SIGTERM or `localku down`; `ready` is called when the router listens."""
    busy = f"{app.name} is already running."
    hint = "`localku ps` shows it, `localku down` stops it."
    with locks.held(supervisor_lock(context, app.name), busy, hint), drains.delivering(context, app):
        router = start_router(context, app, port, say)
        try:
            context.store.apps.set_port(app, router.port)
            context.store.apps.want(app, "up")
            ready(context.store.apps.by_id(app.id))
            with attending(context, app):
                _supervise(context, app, say, limits)
        finally:
            _leave(context, app, router, say)


def _leave(context: Context, app: App, router: RouterThread, say: Say) -> None:
    """Stop all that is left to stop; what cannot be stopped is told and keeps nothing else from its end."""
    router.stop()
    try:
        context.store.apps.want(app, "down")
    except LocalkuError as error:
        say(f" !     {error.message}")
    with contextlib.suppress(EngineUnavailable):  # the supervisor has told it
        oneoff.end_detached(context, app)
        addons.stop(context, app)


def _supervise(context: Context, app: App, say: Say, limits: Limits) -> None:
    failure: list[Exception] = []
    supervisor = Supervisor(context, app, limits)

    def work() -> None:
        try:
            supervisor.run()
        except Exception as error:  # noqa: BLE001 - raised below, in the thread that people see
            failure.append(error)

    thread = threading.Thread(target=work, name="supervisor", daemon=True)
    with _stop_on_signal() as stopping:
        thread.start()
        while thread.is_alive() and not stopping.is_set():
            thread.join(0.2)
        if thread.is_alive():
            farewell(context, app, say)
            supervisor.stop()
            thread.join(STOP_SECONDS)
            if thread.is_alive():
                failure.append(_stuck(app))
    if failure:
        raise failure[0]


def _stuck(app: App) -> LocalkuError:
    return LocalkuError(
        f"The engine did not stop the dynos of {app.name} within {STOP_SECONDS:.0f} seconds.",
        f"Look at it with `docker ps`; `localku down -a {app.name}` tries again.",
    )


def farewell(context: Context, app: App, say: Say) -> None:
    """Say in a line per dyno what its stopping takes away."""
    with contextlib.suppress(LocalkuError), ThreadPoolExecutor(REPORTS_AT_ONCE) as pool:
        records = filesystem.running(context, app)
        for report in pool.map(lambda record: filesystem.report(context, record), records):
            if report.entries:
                say(report.summary())


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
        if app.wanted == "up" and app.port == port:
            return f"the app {app.name}"
    from localku.cli.listeners import program_on

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
