"""The runners of all apps that shall run, and of those that are down and have left something."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from localku.dyno.dyno_order import ONE_OFF_TYPES
from localku.engine import labels
from localku.errors import CLIENT, LocalkuError
from localku.states import Wanted

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App
    from localku.server.apps.runner import Runner
    from localku.telling import Say

STOP_SECONDS = 75.0
"""Real seconds for an app to stop: a dyno's 30, as many for the engine, and the databases'."""

LEAVE_SECONDS = 10.0
"""Real seconds for what is being read of an app's output to come into its log."""

_log = logging.getLogger(__name__)


class Runners:
    """Every method may be called from any thread. `ended` is told of each runner that has wound up."""

    def __init__(
        self,
        context: Context,
        make: Callable[[App, Callable[[Runner], None]], Runner],
        ended: Callable[[Runner], None],
    ) -> None:
        """`make` makes the runner of an app, which tells the function that it is given when it has ended."""
        self._context = context
        self._make = make
        self._ended = ended
        self._turn = threading.RLock()
        self._runners: dict[str, Runner] = {}
        self._seen = 0
        self._failed: set[str] = set()
        """Apps that are down but for what could not be stopped: not tried again until the engine is back."""
        self._refused: set[str] = set()
        """Apps that were stopped while the store could not be written: it still says that they shall run."""
        self._left: set[str] = set()
        """Apps whose dynos may run without a record: that goes before a dyno is told to stop, and who tells may die."""
        self._closed = False

    def resume(self) -> None:
        """Take over from whoever was killed."""
        try:
            self._left = self._with_dynos()
        except LocalkuError as error:  # the engine is away: `engine_is_back` follows
            _log.warning("%s", error.text())
        self.look()

    def _with_dynos(self) -> set[str]:
        found: set[str] = set()

        def note(_name: str, marks: Mapping[str, str]) -> bool:
            if marks.get(labels.TYPE) not in ONE_OFF_TYPES:
                found.add(marks[labels.APP])
            return False

        self._context.engine.containers.find({labels.HOME: self._context.home_id, labels.ROLE: labels.ROLE_DYNO}, note)
        return found

    def look(self) -> None:
        """Start a runner for each app that shall run, or has left dynos, and has none."""
        with self._turn:
            if self._closed:
                return
            self._write_down_refused()
            for app in self._context.store.apps.all():
                if app.uuid not in self._runners and self._needs_one(app):
                    runner = self._runners[app.uuid] = self._make(app, self._is_over)
                    runner.start()

    def _needs_one(self, app: App) -> bool:
        if app.shall_run:
            return app.uuid not in self._refused
        left = app.uuid in self._left or bool(self._context.store.dynos.of(app.id))
        return left and app.uuid not in self._failed

    def admit(self, uuid: str) -> None:
        """Let an app run again that was stopped without the store."""
        with self._turn:
            self._refused.discard(uuid)
            self._failed.discard(uuid)

    def settle(self, uuid: str) -> None:
        """Wait for the end of an app that was told to stop, for which it may not be wanted anew before."""
        runner = self._runners.get(uuid)
        if runner is not None and runner.was_stopped:
            runner.over.wait(STOP_SECONDS)

    def engine_is_back(self) -> None:
        """Try again what could not be stopped, and wake all."""
        with self._turn:
            self._failed.clear()
            for runner in self._runners.values():
                runner.wake()
        self.resume()

    def wake(self, uuid: str) -> None:
        runner = self._runners.get(uuid)
        if runner is not None:
            runner.wake()

    def wake_changed(self) -> None:
        """Wake the runners of the apps that have changed since the last call, and start those that are missing."""
        with self._turn:
            self._seen, changed = self._context.store.changes.since(self._seen)
            ids = {runner.app.id: runner for runner in self._runners.values()}
        for app_id in changed:
            if app_id in ids:
                ids[app_id].wake()
        if any(app_id not in ids for app_id in changed):
            self.look()

    def container_ended(self, uuid: str) -> None:
        runner = self._runners.get(uuid)
        if runner is not None:
            runner.container_ended()

    def stop(self, uuid: str, say: Say) -> None:
        """Begin to stop an app, whatever the store says."""
        runner = self._runners.get(uuid)
        if runner is not None:
            runner.stop(say)

    def wait(self, uuid: str, seconds: float) -> bool:
        """Wait until nobody runs the app; whether that is so. Raise what has kept it from stopping."""
        runner = self._runners.get(uuid)
        if runner is None:
            return True
        is_over = runner.over.wait(seconds)
        if runner.failure is not None:
            raise runner.failure
        return is_over

    def running(self) -> tuple[str, ...]:
        """The UUIDs of the apps that have a runner."""
        with self._turn:
            return tuple(self._runners)

    def leave_all(self) -> None:
        """Run no app any more, and let the dynos run on."""
        with self._turn:
            self._closed = True
            runners = tuple(self._runners.values())
        for runner in runners:
            runner.leave()
        for runner in runners:
            runner.over.wait(LEAVE_SECONDS)

    def stop_all(self, say: Say) -> None:
        """Stop the dynos of all apps, and start no other: those wanted up come back with the next server."""
        with self._turn:
            self._closed = True
            runners = tuple(self._runners.values())
        try:
            for runner in runners:
                say(f"Stopping {runner.app.name}: SIGTERM to all its processes, SIGKILL after 30 seconds")
                runner.stop(say)
            for runner in runners:
                self._await(runner)
        except BaseException:
            self._closed = False
            raise

    def _await(self, runner: Runner) -> None:
        if not runner.over.wait(STOP_SECONDS):
            raise stuck(runner.app.name)
        if runner.failure is not None:
            raise runner.failure

    def _is_over(self, runner: Runner) -> None:
        uuid = runner.app.uuid
        with self._turn:
            self._runners.pop(uuid, None)
            self._left.discard(uuid)
            if runner.failure is not None:
                self._failed.add(uuid)
            if not self._closed and (runner.was_stopped or runner.failure is not None):
                self._refused.add(uuid)
        if runner.has_left:
            return
        self._ended(runner)
        try:
            self.look()  # it may be wanted again by now
        except LocalkuError as error:
            _log.warning("%s", error.text())

    def _write_down_refused(self) -> None:
        """Have the store say what is: that these apps are down."""
        for uuid in tuple(self._refused):
            app = self._context.store.apps.with_uuid(uuid)
            try:
                if app is not None and app.shall_run:
                    self._context.store.apps.want(app, Wanted.DOWN)
            except LocalkuError as error:
                _log.warning("%s", error.text())
            else:
                self._refused.discard(uuid)


def stuck(name: str) -> LocalkuError:
    """An app of this name that has not stopped in the time it has."""
    return LocalkuError(
        f"The engine did not stop the dynos of {name} within {STOP_SECONDS:.0f} seconds.",
        f"Look at them with `docker ps`; `{CLIENT} down -a {name}` tries again.",
    )
