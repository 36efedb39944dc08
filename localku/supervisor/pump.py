"""Carries a container's output into the app's log until the container ends."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from localku.engine.containers import Containers
from localku.errors import LocalkuError
from localku.logs.assembler import Assembler
from localku.supervisor.journal import Journal

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6})\d*Z ")


class Pump(threading.Thread):
    """One thread per running container; `ended` is called when its output is over."""

    def __init__(
        self,
        containers: Containers,
        container: str,
        proc: str,
        log: Journal,
        since: datetime | None,
        ended: Callable[[], None],
    ) -> None:
        super().__init__(name=f"pump-{proc}", daemon=True)
        self._containers = containers
        self._container = container
        self._proc = proc
        self._log = log
        self._since = since
        self._ended = ended
        self.over = threading.Event()

    def run(self) -> None:
        try:
            self._copy()
        except LocalkuError:
            pass  # the container or the engine is gone; the supervisor sees that for itself
        finally:
            self.over.set()
            self._ended()

    def _copy(self) -> None:
        """Docker cuts a line after 16 KB into messages, each with its own time before it."""
        lines, time = Assembler(), None
        for chunk in self._containers.logs(self._container, self._since):
            for piece in re.split(rb"(?<=\n)", chunk):
                stamp = _STAMP.match(piece)
                if stamp is not None:
                    time = datetime.fromisoformat(stamp[1].decode()).replace(tzinfo=UTC)
                for line in lines.feed(piece[stamp.end() :] if stamp else piece):
                    self._log.write("app", self._proc, line, time)
        for line in lines.flush():
            self._log.write("app", self._proc, line, time)
