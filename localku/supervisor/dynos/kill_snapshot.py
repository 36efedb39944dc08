"""Looks at a dyno a moment before it is killed, so that the doctor can say afterwards why."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from localku.doctor import sockets
from localku.errors import LocalkuError
from localku.records import App, DynoRecord, Observation

if TYPE_CHECKING:
    from localku.context import Context

LOOK_SECONDS = 10.0
"""Real seconds a look may put off the kill: an engine on a busy machine takes more than one to look into a dyno."""

MOMENT = 0.2
"""Real seconds a look may keep the supervisor waiting in one round; most are over by then."""

SOCKETS = "sockets"


class KillSnapshot:
    def __init__(self, context: Context, app: App) -> None:
        self._context = context
        self._app = app

    def look(self, record: DynoRecord) -> Look:
        """Begin to note which addresses a dyno listens on; `record.port` is where it should."""
        made = Look(self, record)
        made.start()
        return made

    def see(self, record: DynoRecord) -> None:
        """Look now, and keep what is seen."""
        seen = sockets.look(self._context.engine.containers, record.container or "")
        data = {"port": record.port, "listening": list(map(asdict, seen))}
        noted = Observation(self._app.id, record.name, SOCKETS, record.release, data, self._context.clock.now())
        self._context.store.observations.keep(noted)


class Look(threading.Thread):
    """Goes on beside the supervisor, who has other dynos to look after."""

    def __init__(self, snapshot: KillSnapshot, record: DynoRecord) -> None:
        super().__init__(name=f"snapshot-{record.name}", daemon=True)
        self._snapshot, self._record = snapshot, record
        self._until = time.monotonic() + LOOK_SECONDS

    def run(self) -> None:
        with suppress(LocalkuError):  # an engine that cannot be asked, a store that cannot be written stop no dyno
            self._snapshot.see(self._record)

    def over(self) -> bool:
        """Whether all is seen that will be; ask again in the next round."""
        self.join(MOMENT)
        return not self.is_alive() or time.monotonic() > self._until
