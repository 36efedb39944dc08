"""Does work until it works: an engine that is restarted and a disk that is full are waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from localku.engine.engine_errors import EngineUnavailable
from localku.errors import CLIENT, LocalkuError

if TYPE_CHECKING:
    from localku.supervisor.dynos.dyno_process import SupervisorContext

Result = TypeVar("Result")

ENGINE_SECONDS = 120.0
"""Seconds an engine that went away is waited for, as it does when it is restarted."""

STOP_SECONDS = 45.0
"""Seconds after which dynos that cannot be stopped are given up: more than the 30 they have."""


class Left(Exception):
    """Nobody follows the app any more."""


class RetryLoop:
    def __init__(
        self, shared: SupervisorContext, returned: Callable[[], None], engine_seconds: float = ENGINE_SECONDS
    ) -> None:
        """`returned` is called when the engine is back, which is waited for so long."""
        self._shared = shared
        self._returned = returned
        self._engine_seconds = engine_seconds
        self._stopped_at: float | None = None
        self._lost_at: float | None = None
        self._is_left = False
        self._complaint: str | None = None

    @property
    def stopped(self) -> bool:
        return self._stopped_at is not None

    def stop(self) -> None:
        """Have less of it from now on: all that is wanted is the end."""
        self._stopped_at = self._shared.clock.monotonic()

    def leave(self) -> None:
        """Try nothing again from now on."""
        self._is_left = True

    def until_done(self, work: Callable[[], Result]) -> Result:
        """Raise Left where that is wanted before it is done."""
        while True:
            if self._is_left:
                raise Left
            try:
                done = work()
            except EngineUnavailable as error:
                self._engine_lost(error)
            except LocalkuError as error:
                self.complain(error.message)
                if self._stopped_at is not None and self._since(self._stopped_at) > STOP_SECONDS:
                    raise
            else:
                self._engine_returned()
                return done
            self._shared.clock.sleep(1.0)

    def complain(self, message: str | None) -> None:
        """Say once what keeps the work from being done; None: nothing does any more."""
        if message is not None and message != self._complaint:
            self._shared.log.write("localku", "supervisor", message)
        self._complaint = message

    def _engine_lost(self, error: EngineUnavailable) -> None:
        """Wait for an engine that went away; not when nothing is wanted of it but to stop the dynos."""
        shared = self._shared
        if self._lost_at is None:
            self._lost_at = shared.clock.monotonic()
            shared.log.write("localku", "supervisor", f"{error.message} Waiting for it.")
        stopping = self.stopped or not shared.context.store.apps.by_id(shared.app.id).shall_run
        if stopping or self._since(self._lost_at) > self._engine_seconds:
            raise EngineUnavailable(error.message, f"{error.hint}\n{_left(shared.app.name)}") from error

    def _engine_returned(self) -> None:
        if self._lost_at is not None:
            self._lost_at = None
            self._returned()
            self._shared.log.write("localku", "supervisor", "The engine is back.")

    def _since(self, moment: float) -> float:
        return self._shared.clock.monotonic() - moment


def _left(app_name: str) -> str:
    return (
        f"Dynos that still run there are adopted by the next `{CLIENT} up -a {app_name}`, "
        f"and stopped by `{CLIENT} down -a {app_name}`, when the engine is back."
    )
