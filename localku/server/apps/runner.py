"""Runs one app in a thread: its supervisor, started again where a fault of ours ends it, and the end of all it has."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from localku import locks
from localku.errors import LocalkuError
from localku.platform.dynos.running import supervisor_lock
from localku.server.apps.backoff import Backoff
from localku.server.apps.winding_up import wind_up
from localku.states import Wanted

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App
    from localku.telling import Say

_log = logging.getLogger(__name__)


class Supervision(Protocol):
    """What a runner needs of a supervisor; see `localku.supervisor.loop.Supervisor`."""

    def run(self) -> None: ...

    def stop(self) -> None: ...

    def leave(self) -> None: ...

    def wake(self) -> None: ...

    def container_ended(self) -> None: ...


class Runner:
    def __init__(
        self, context: Context, supervisor: Callable[[App], Supervision], app: App, ended: Callable[[Runner], None]
    ) -> None:
        """`supervisor` makes one of an app, each time anew.

        `ended` is called in the runner's thread when the app has wound up: nobody runs it any more then.
        """
        self.app = app
        self.failure: LocalkuError | None = None
        """What has kept the app from stopping as it should, or from running on."""
        self.over = threading.Event()
        self.was_stopped = False
        """Whether it was told to stop, whatever the store says."""
        self.has_left = False
        self._context = context
        self._make = supervisor
        self._ended = ended
        self._woken = threading.Event()
        self._say: Say = _log.info
        self._supervisor = supervisor(app)

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"runner-{self.app.name}", daemon=True).start()

    def wake(self) -> None:
        """Have the supervisor look again: the app has changed, or is asked for."""
        self._supervisor.wake()

    def container_ended(self) -> None:
        self._supervisor.container_ended()

    def stop(self, say: Say) -> None:
        """Stop the app whatever is wanted of it; `say` is told what cannot be done."""
        self._say = say
        self.was_stopped = True
        self._woken.set()
        self._supervisor.stop()

    def leave(self) -> None:
        """Run the app no more, and let its dynos run on."""
        self.has_left = True
        self._woken.set()
        self._supervisor.leave()

    def _run(self) -> None:
        try:
            with locks.held_after(supervisor_lock(self._context, self.app), self._give_way):
                self._supervise()
                if not self.has_left:
                    wind_up(self._context, self.app, self._tell)
        except LocalkuError as error:
            self.failure = error
            _log.warning("%s: %s", self.app.name, error.text())
        except Exception as error:  # noqa: BLE001 - logged, and told to whoever waits for the app's end
            _log.exception("%s was left", self.app.name)
            self.failure = LocalkuError(f"{self.app.name} could not be stopped: a bug in localku: {error!r}.")
        finally:
            self._ended(self)
            self.over.set()

    def _give_way(self) -> None:
        """While another localku has the app: wait no longer than anybody wants it."""
        if self.has_left or self.was_stopped:
            raise locks.Busy(f"{self.app.name} is run by another localku.")

    def _supervise(self) -> None:
        backoff = Backoff()
        while (fault := self._fault()) is not None:
            _log.error("the supervisor of %s has ended: %s", self.app.name, fault, exc_info=fault)
            with suppress(LocalkuError):  # a full disk
                self._context.log(self.app).write("localku", "supervisor", f"starts again after a fault: {fault}")
            backoff.wait(self._woken)
            if self.has_left:
                return
            self._supervisor = self._make(self.app)
            if self.was_stopped:
                self._supervisor.stop()

    def _fault(self) -> Exception | None:
        """Run the supervisor; return what has ended it that should not have, unless the app is to stop anyway."""
        try:
            self._supervisor.run()
        except LocalkuError as error:
            if self._is_at_its_end():
                raise
            return error
        except Exception as error:  # noqa: BLE001 - the caller logs it
            return error
        return None

    def _is_at_its_end(self) -> bool:
        """Whether nothing is left to try: the app is to stop and cannot, or its lease ends with the engine."""
        return self.was_stopped or self._wanted() is not Wanted.UP

    def _wanted(self) -> Wanted:
        found = self._context.store.apps.with_uuid(self.app.uuid)
        return Wanted.DOWN if found is None else found.wanted

    def _tell(self, line: str) -> None:
        self._say(line)
