"""`localku up` without `--detach`: the app's log on the terminal, and the app's life in its hands."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

from localku.cli.terminal import note, say
from localku.signal_event import SignalEvent

if TYPE_CHECKING:
    from localku.context import Context
    from localku.control.held_lease import HeldLease
    from localku.control.messages import Bring
    from localku.control.server_client import Client
    from localku.records import App

LOOK = 0.05
"""Seconds between two looks at what ending dynos leave behind."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(context: Context, app: App, order: Bring, server: Callable[[], Client]) -> None:
    """Hold a lease of the app and show its log, until a signal or the app's end.

    Where the app is up already, only its log is shown, and a signal ends no more than that.
    """
    from localku.control.held_lease import HeldLease
    from localku.platform import apps
    from localku.platform.dynos.running import address, is_leased

    done = SignalEvent()
    with _told_by_signal(done) as signalled, _log_shown(context, app):
        lease = HeldLease(server, order, partial(is_leased, context, app), _tell, done)
        now = apps.again(context, app)
        if lease.attached:
            say(f"{now.name} is already running at {address(now)}; Ctrl-C ends its log here, not the app")
            _look_on(context, app, done)
            _tell(f"{now.name} runs on; `localku down` stops it" if signalled() else f"{now.name} is down")
            return
        say(f"{now.name} is at {address(now)} (and https), Ctrl-C stops it")
        done.wait()
        if signalled():
            _stop(context, now, lease)
        lease.close()


def _look_on(context: Context, app: App, done: SignalEvent) -> None:
    """Wait for a signal, or for the end of an app that somebody else keeps up."""
    from localku.platform.dynos.running import is_running, shall_run

    while not done.wait(1.0):
        if is_running(context, app) is None and not shall_run(context, app):
            return


def _stop(context: Context, app: App, lease: HeldLease) -> None:
    from localku.platform.dynos.filesystem import tell_farewells

    began = context.clock.now()
    _tell(f"Stopping {app.name}: SIGTERM to all its processes, SIGKILL after 30 seconds")
    lease.let_go()
    tell_farewells(context, app, began, partial(lease.over.wait, LOOK), _tell)


def _tell(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal or the pipe is gone; the app is not
        note(line)


@contextlib.contextmanager
def _told_by_signal(done: SignalEvent) -> Iterator[Callable[[], bool]]:
    """Set `done` at a signal; give a function that says whether one has come."""
    came: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        done.set()

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _log_shown(context: Context, app: App) -> Iterator[None]:
    """Print what comes to the app's log while the block runs."""
    from localku.logs.printer import LogPrinter

    stop = threading.Event()
    printer = LogPrinter(sys.stdout)
    follower = context.log(app).follow(0, stop=stop)

    def show() -> None:
        with contextlib.suppress(OSError):
            for line in follower:
                printer.print(line)

    thread = threading.Thread(target=show, name="log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(2)
