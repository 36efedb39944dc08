"""The verb `down`: an app's dynos and databases stop, whoever runs them, or has left them running; and all apps'."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

from localku import locks
from localku.context import Context
from localku.control.server_client import Lost, connect
from localku.errors import LocalkuError
from localku.platform.dynos import filesystem, running
from localku.records import App
from localku.server.apps.winding_up import wind_up
from localku.states import Wanted
from localku.supervisor.loop import Supervisor
from localku.supervisor.scheduler import Scheduler
from localku.telling import Say

LOOK = 0.05
"""Real seconds between two looks at whether the app still runs."""

MOST_AT_ONCE = 8
"""Apps that are stopped at the same time."""


def down(context: Context, app: App, say: Say, lost: Say) -> App:
    """Stop the app's dynos (SIGTERM, 30 seconds, SIGKILL) and its databases; all data stays.

    `say` is told how it goes, `lost` a sentence about each dyno that had written something. Return the app as it is
    then.
    """
    if running.is_running(context, app) is None:
        _clear_leftovers(context, app, say, lost)
    else:
        _stop(context, app, say, lost)
    return context.store.apps.by_id(app.id)


def _stop(context: Context, app: App, say: Say, lost: Say) -> None:
    """Have the server stop the app, and tell what the dynos had written while they end."""
    began = context.clock.now()
    say(f"Stopping {app.name}: SIGTERM to all its processes, SIGKILL after 30 seconds")
    try:
        context.store.apps.want(app, Wanted.DOWN)
    except LocalkuError as error:
        say(f" !     {error.message}")
        say(f" !     Not recorded: that {app.name} is down, and what its dynos leave behind")
    with ThreadPoolExecutor(1, "down") as beside:
        ending = beside.submit(_taken_down, context, app, say)
        filesystem.tell_farewells(context, app, began, partial(_done_after, ending, LOOK), lost)
        if not ending.result():
            _clear_leftovers(context, app, say, lost)


def _done_after(ending: Future[bool], seconds: float) -> bool:
    return bool(wait((ending,), seconds).done)


def _taken_down(context: Context, app: App, say: Say) -> bool:
    """Have the server do it, one that comes back after it was killed as well; False where there is none."""
    while (client := connect(context.home)) is not None:
        with client:
            try:
                client.take_down(app.uuid, say)
            except Lost:
                time.sleep(LOOK)
            else:
                return True
    return False


def _clear_leftovers(context: Context, app: App, say: Say, lost: Say) -> None:
    """Stop what a killed localku left running."""
    with _alone_with(context, app):
        try:
            context.store.apps.want(app, Wanted.DOWN)
        except LocalkuError as error:
            say(f" !     {error.message}")
        _end(context, app, say, lost)


def stop_left(context: Context, say: Say) -> None:
    """Stop what a server that was killed, or has to be, left of all apps; apps wanted up come back with the next one.

    Call it while nobody can start a server.
    """
    alone = replace(context, keep_detached=lambda _context: None)
    left = tuple(app for app in context.store.apps.all() if _has_left(context, app))
    with ThreadPoolExecutor(MOST_AT_ONCE, "left") as beside:
        for one in [beside.submit(_stop_left, alone, app, say) for app in left]:
            one.result()


def _has_left(context: Context, app: App) -> bool:
    detached = any(one.detached for one in context.store.oneoffs.of(app))
    return detached or any(one.container for one in context.store.dynos.of(app.id))


def _stop_left(context: Context, app: App, say: Say) -> None:
    say(f"Stopping {app.name}: SIGTERM to all its processes, SIGKILL after 30 seconds")
    try:
        with _alone_with(context, app):
            if app.wanted is Wanted.LEASED:
                context.store.apps.want(app, Wanted.DOWN)
            _end(context, app, say, say)
    except LocalkuError as error:
        for line in error.text().splitlines():
            say(f" !     {line}")


def _alone_with(context: Context, app: App) -> AbstractContextManager[None]:
    return locks.held(running.supervisor_lock(context, app), f"{app.name} is already being started.")


def _end(context: Context, app: App, say: Say, lost: Say) -> None:
    supervisor = Supervisor(context, app, lost=lambda report: lost(report.summary()), chores=(Scheduler,))
    supervisor.stop()
    supervisor.run()
    wind_up(context, app, say)
