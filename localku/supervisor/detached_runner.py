"""Looks after one detached dyno to its end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable, NotFound
from localku.platform.dynos import oneoff, oneoff_runners
from localku.supervisor.output.journal import Journal
from localku.supervisor.output.pump import Pump
from localku.supervisor.retry_loop import ENGINE_SECONDS

if TYPE_CHECKING:
    from localku.records import App, OneOff


def keep(context: Context, app: App, name: str, woken: threading.Event | None = None) -> None:
    """Start the dyno unless it runs already, carry its output into the log, and take it away at its end.

    Whoever sets `woken` brings on the look at whether it shall run on; without it that is looked at all the time.
    Raise LocalkuError when another process looks after it already.
    """
    with oneoff_runners.held(context, app, name):
        dyno = context.store.oneoffs.named(app, name)
        if dyno is None:
            return
        try:
            if context.engine.containers.inspect(dyno.container).status == "created":
                context.engine.containers.start(dyno.container)
            with oneoff.monitored(context, app, dyno, woken=woken) as monitor:
                _listen(context, app, dyno)
            oneoff.finish(context, app, monitor)
        except NotFound:
            context.log(app).write("localku", name, "Its container is gone.")
        finally:  # also where the disk is full, and nothing can be written down of its end
            if not _runs(context, dyno.container):
                oneoff_runners.remove(context, app, name, dyno.container)


def _runs(context: Context, container: str) -> bool:
    try:
        return context.engine.containers.inspect(container).running
    except NotFound:
        return False


def _listen(context: Context, app: App, dyno: OneOff) -> None:
    """Follow the output to the end of the process: over the engine's absence too, if that is short."""
    journal, lost_at = Journal(context.log(app)), None
    while True:
        Pump(context.engine.containers, dyno.container, dyno.name, journal, lambda: None, resume=True).run()
        try:
            if not context.engine.containers.inspect(dyno.container).running:
                return
            lost_at = None
        except EngineUnavailable:
            lost_at = lost_at or context.clock.monotonic()
            if context.clock.monotonic() - lost_at > ENGINE_SECONDS:
                raise
        threading.Event().wait(0.5)
