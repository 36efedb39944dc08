"""What control does for the apps: their runners, their ports, and what commands ask for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from localku.engine.endings import Endings
from localku.errors import LocalkuError
from localku.server.apps.bringing_up import BringingUp
from localku.server.apps.ports_of_apps import AppPorts, Ports
from localku.server.apps.runners import Runners

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App
    from localku.server.apps.detached_keepers import DetachedKeepers
    from localku.server.apps.runner import Runner
    from localku.server.backup_work import BackupWork
    from localku.telling import Say

_log = logging.getLogger(__name__)


class AppWork:
    """The `Work` of a control process; see `control_process.py`."""

    def __init__(
        self,
        context: Context,
        ports: Ports,
        runner: Callable[[App, Callable[[Runner], None]], Runner],
        keepers: DetachedKeepers,
        backups: BackupWork,
    ) -> None:
        """`runner` makes the runner of an app; see `Runners`. `keepers` look after detached one-off dynos."""
        self._engine = context.engine
        self._keepers = keepers
        self._backups = backups
        self._runners = Runners(context, runner, self._over)
        self.desk = BringingUp(context, self._runners, AppPorts(context, ports))
        self._endings = Endings(context.engine, context.home_id, self._ended, self._runners.engine_is_back)

    def begin(self) -> None:
        """Run the apps that shall run."""
        self._engine.learn_facts()
        self.desk.resume()
        self._endings.start()
        self._keepers.look()
        self._backups.begin()

    def rung(self, app: str) -> None:
        """Wake this very app, or those that have changed."""
        if app:
            self._runners.wake(app)
        else:
            self._runners.wake_changed()
            self._keepers.look()

    def is_needed(self) -> bool:
        return self.desk.is_needed or self._keepers.is_busy or self._backups.is_needed()

    def running(self) -> tuple[str, ...]:
        return self._runners.running()

    def stop_all(self, say: Say) -> None:
        """Stop the dynos of all apps. Leases end; apps that were to stay up come back with the next server."""
        self.desk.end_leases()
        self._runners.stop_all(say)
        self._keepers.stop_all()

    def leave_all(self) -> None:
        """Let the dynos run on: whoever comes next adopts them."""
        self._backups.leave()
        self._endings.stop()
        self._runners.leave_all()

    def _ended(self, app: str, _container: str) -> None:
        self._runners.container_ended(app)

    def _over(self, runner: Runner) -> None:
        try:
            self.desk.is_over(runner.app, runner.failure)
        except LocalkuError as error:
            _log.warning("%s", error.text())
