"""The verb `down`: an app's dynos and databases stop, whoever runs them, or has left them running."""

from __future__ import annotations

import time

from localku import locks
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.dynos import filesystem, running
from localku.server.app_runner import wind_up
from localku.states import Wanted
from localku.store.records import App
from localku.supervisor.loop import Supervisor
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
    """Make the localku that runs the app stop, and tell what the dynos had written while they end."""
    began = context.clock.now()
    say(f"Stopping {app.name}: SIGTERM to all its processes, SIGKILL after 30 seconds")
    try:
        context.store.apps.want(app, Wanted.DOWN)
    except LocalkuError as error:
        say(f" !     {error.message}")
        say(f" !     Not recorded: that {app.name} is down, and what its dynos leave behind")
        running.tell_to_stop(context, app)
    told: set[str] = set()
    still = True
    while still:
        still = running.is_running(context, app) is not None
        for dyno, words in filesystem.farewells(context, app, began):
            if dyno not in told:
                told.add(dyno)
                lost(words)
        time.sleep(LOOK)


def _clear_leftovers(context: Context, app: App, say: Say, lost: Say) -> None:
    """Stop what a killed localku left running."""
    with locks.held(running.supervisor_lock(context, app), f"{app.name} is already being started."):
        supervisor = Supervisor(context, app, lost=lambda report: lost(report.summary()))
        supervisor.stop()
        supervisor.run()
        wind_up(context, app, say)
