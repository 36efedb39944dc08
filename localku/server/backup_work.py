"""What control does for backups: it makes those that are scheduled, and stays while there are links to any."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from localku.platform.backups import link_signatures, schedules
from localku.server.backup_timer import BackupTimer

if TYPE_CHECKING:
    from localku.context import Context
    from localku.platform.backups.schedules import Capture


class BackupWork:
    """`capture` makes a scheduled backup."""

    def __init__(self, context: Context, capture: Capture) -> None:
        self._context = context
        self._timer = BackupTimer(partial(_due_in, context), partial(schedules.run_due, context, capture))

    def begin(self) -> None:
        """Make the backups that were missed, and those that come to be due."""
        self._timer.start()

    def is_needed(self) -> bool:
        """Whether a link is good, or a backup is being made; that one will be due keeps no server."""
        return self._has_links() or self._timer.is_busy

    def leave(self) -> None:
        """Begin nothing more."""
        self._timer.stop()

    def _has_links(self) -> bool:
        now = self._context.clock.now()
        public = self._context.store.transfers.public()
        return any(one.public_until is not None and link_signatures.is_good(one.public_until, now) for one in public)


def _due_in(context: Context) -> float:
    return schedules.seconds_to_next(context) / context.clock.scale
