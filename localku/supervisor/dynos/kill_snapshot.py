"""Looks at a dyno a moment before it is killed, so that the doctor can say afterwards why."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from localku.doctor import sockets
from localku.errors import LocalkuError
from localku.records import App, DynoRecord, Observation

if TYPE_CHECKING:
    from localku.context import Context

Seen = TypeVar("Seen")

LOOK_SECONDS = 1.0
"""Real seconds a look may keep the supervisor waiting; what is not seen by then stays unknown."""

SOCKETS = "sockets"


class KillSnapshot:
    def __init__(self, context: Context, app: App) -> None:
        self._context = context
        self._app = app

    def before_kill(self, record: DynoRecord) -> None:
        """Note which addresses a dyno listens on; `record.port` is where it should."""
        seen = _promptly(lambda: sockets.look(self._context.engine.containers, record.container or ""))
        if seen is not None:
            self._keep(
                record.name, record.release, SOCKETS, {"port": record.port, "listening": list(map(asdict, seen))}
            )

    def _keep(self, dyno: str, release: int, kind: str, data: Any) -> None:
        with suppress(LocalkuError):  # a store that cannot be written stops no dyno
            self._context.store.observations.keep(
                Observation(self._app.id, dyno, kind, release, data, self._context.clock.now())
            )


def _promptly(look: Callable[[], Seen]) -> Seen | None:
    """Look, but for `LOOK_SECONDS` at most; None where nothing could be seen."""
    seen: list[Seen] = []

    def work() -> None:
        with suppress(LocalkuError):
            seen.append(look())

    thread = threading.Thread(target=work, name="snapshot", daemon=True)
    thread.start()
    thread.join(LOOK_SECONDS)
    return seen[0] if seen else None
