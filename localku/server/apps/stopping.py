"""The verb `down`: an app's dynos and databases stop, whoever runs them, or has left them running."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
    with locks.held(running.supervisor_lock(context, app), f"{app.name} is already being started."):
        try:
            context.store.apps.want(app, Wanted.DOWN)
        except LocalkuError as error:
            say(f" !     {error.message}")
        supervisor = Supervisor(context, app, lost=lambda report: lost(report.summary()), chores=(Scheduler,))
        supervisor.stop()
        supervisor.run()
        wind_up(context, app, say)
