"""Has scheduled backups made when they are due, in a thread of control: those that were missed once, at its start."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from localku.errors import LocalkuError

LOOK = 30.0
"""Real seconds between two looks at the most: a clock may jump, and a schedule may be new."""

_log = logging.getLogger(__name__)


class BackupTimer:
    """`due_in` says in how many real seconds one is due, `run` makes all that are."""

    def __init__(self, due_in: Callable[[], float], run: Callable[[], None]) -> None:
        self._due_in = due_in
        self._run = run
        self._busy = threading.Event()
        self._ended = threading.Event()

    @property
    def is_busy(self) -> bool:
        """Whether one is being made."""
        return self._busy.is_set()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="backups", daemon=True).start()

    def stop(self) -> None:
        """Begin no more; one that is being made ends with this process, and is due still."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(self._pause()):
            if self._pause() > 0:
                continue
            self._busy.set()
            try:
                self._run()
            except Exception:  # noqa: BLE001 - logged: the next look is another attempt
                _log.exception("scheduled backups were not made")
            finally:
                self._busy.clear()
            if self._pause() == 0:  # it could not be made: the engine may be away
                self._ended.wait(LOOK)

    def _pause(self) -> float:
        try:
            return min(LOOK, self._due_in())
        except LocalkuError as error:
            _log.warning("%s", error.text())
            return LOOK
