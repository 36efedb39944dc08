"""Keeps detached one-off dynos: a thread of control for each, until it ends."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from localku import locks
from localku.errors import LocalkuError
from localku.platform.dynos import detached_end
from localku.server.apps.backoff import Backoff
from localku.states import Wanted
from localku.supervisor.detached_runner import keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from localku.context import Context
    from localku.records import App

_log = logging.getLogger(__name__)


class DetachedKeepers:
    """Every method may be called from any thread."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._turn = threading.Lock()
        self._keepers: dict[tuple[int, str], _Keeper] = {}

    def look(self) -> None:
        """Keep each detached dyno that nobody keeps, and see to those that shall end; call it at each change."""
        with self._turn:
            for dyno in self._context.store.oneoffs.detached():
                keeper = self._keepers.get((dyno.app_id, dyno.name))
                app = None if keeper else self._context.store.apps.with_id(dyno.app_id)
                if keeper is not None and dyno.wanted is not Wanted.UP:
                    keeper.woken.set()
                elif app is not None:
                    made = self._keepers[app.id, dyno.name] = _Keeper(self._context, app, dyno.name, self._is_over)
                    made.start()

    @property
    def is_busy(self) -> bool:
        """Whether a dyno is being kept."""
        return bool(self._keepers)

    def stop_all(self) -> None:
        """Stop all detached dynos, and wait until they have ended."""
        self.look()
        with self._turn:
            apps = {keeper.app.id: keeper.app for keeper in self._keepers.values()}
        for app in apps.values():
            detached_end.end_detached(self._context, app)

    def _is_over(self, keeper: _Keeper) -> None:
        with self._turn:
            self._keepers.pop((keeper.app.id, keeper.dyno), None)


class _Keeper(threading.Thread):
    """`woken` brings on the next look at whether the dyno shall run on."""

    def __init__(self, context: Context, app: App, dyno: str, ended: Callable[[_Keeper], None]) -> None:
        super().__init__(name=f"keeper-{dyno}", daemon=True)
        self.app = app
        self.dyno = dyno
        self.woken = threading.Event()
        self._context = context
        self._ended = ended

    def run(self) -> None:
        backoff = Backoff()
        while self._is_there():
            if self._is_kept_to_its_end():
                backoff.reset()
            else:
                backoff.wait(self.woken)
                self.woken.clear()
        self._ended(self)

    def _is_there(self) -> bool:
        try:
            return self._context.store.oneoffs.named(self.app, self.dyno) is not None
        except LocalkuError:
            return True

    def _is_kept_to_its_end(self) -> bool:
        """Keep the dyno; False where it has to be tried again: an engine that is away, or a client that lets go."""
        try:
            keep(self._context, self.app, self.dyno, self.woken)
        except locks.Busy:
            return False
        except LocalkuError as error:
            _log.warning("%s %s: %s", self.app.name, self.dyno, error.text())
            return False
        except Exception:  # noqa: BLE001 - logged, and tried again
            _log.exception("%s %s was left", self.app.name, self.dyno)
            return False
        return True
