"""Runs the `cron` entries of app.json as `scheduler.1234` dynos (Dokku's format; Dev Center, "Heroku Scheduler").

The dynos are detached: they outlive a localku that is killed. None runs longer than until its command is due again,
as with Heroku Scheduler: then it is stopped, and that time is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from localku.clock import calendar
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform.dynos import oneoff, oneoff_order, oneoff_runners
from localku.project import schedule
from localku.states import Wanted

if TYPE_CHECKING:
    from localku.records import OneOff
    from localku.supervisor.desired_state import DesiredState
    from localku.supervisor.dynos.dyno import Dyno
    from localku.supervisor.dynos.dyno_process import SupervisorContext
    from localku.supervisor.dynos.retiring import Retiring

KIND = "scheduler"
USER = "scheduler@addons.heroku.com"
MINUTE = timedelta(minutes=1)


class Scheduler:
    def __init__(self, shared: SupervisorContext, _retiring: Retiring) -> None:
        self._shared = shared
        self._looked: datetime | None = None
        self._has_commands = False

    def step(self, _dynos: Mapping[str, Dyno], desired: DesiredState) -> None:
        """Start what has come round since the last look; the minute of the first look counts as well."""
        self._has_commands = desired.slug is not None and bool(desired.slug.cron)
        now = calendar(self._shared.clock).replace(second=0, microsecond=0)
        since = now - MINUTE if self._looked is None else self._looked
        if now <= since:
            return
        self._looked = now
        if desired.slug is None:
            return
        for entry in desired.slug.cron:
            due = schedule.following(entry.schedule, since)
            if due <= now and self._shared.context.store.scheduled.claim(desired.app, entry, due):
                self._come_round(oneoff.resolved(entry.command, desired.slug))

    def due_in(self) -> float:
        """Platform seconds until the next minute, where there are commands."""
        now = calendar(self._shared.clock)
        return 60 - now.second - now.microsecond / 1_000_000 if self._has_commands else math.inf

    def stop(self) -> bool:
        """Stop what runs; True when nothing does any more."""
        found = self._running()
        for dyno in found:
            if dyno.wanted is Wanted.UP:
                self._stop(dyno)
        return not found

    def _come_round(self, command: str) -> None:
        running = [other for other in self._running() if other.command == command]
        if not running:
            self._start(command)
        for other in running:
            if other.wanted is Wanted.UP:
                self._stop(other)
                self._say(
                    f"{other.name} is still running and its command is due again: it is stopped and this run skipped"
                )

    def _start(self, command: str) -> None:
        context, app = self._shared.context, self._shared.app
        try:
            oneoff.detach(context, app, oneoff_order.order(context, app, KIND, command, patience=0), user=USER)
        except EngineUnavailable:
            raise
        except LocalkuError as error:
            self._say(f"`{command}` could not be started: {error.message}")

    def _running(self) -> list[OneOff]:
        return [dyno for dyno in oneoff_runners.running(self._shared.context, self._shared.app) if dyno.type == KIND]

    def _stop(self, dyno: OneOff) -> None:
        oneoff_runners.stop(self._shared.context, self._shared.app, dyno.name)

    def _say(self, message: str) -> None:
        self._shared.log.write("localku", KIND, message)
