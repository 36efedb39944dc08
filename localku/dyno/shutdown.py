"""How a dyno is ended: SIGTERM to all its processes, 30 s, R12, SIGKILL (Dev Center, "Dyno Shutdown Behavior")."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from localku.dyno import dyno_lines

if TYPE_CHECKING:
    from localku.clock import Clock

SECONDS = 30.0
"""From SIGTERM to SIGKILL, in platform time."""


class Shutdown:
    """One dyno's: `say` writes a line as Heroku's, `terminate` and `kill` send the signals.

    What raised is done again at the next call, and no line is said twice.
    """

    def __init__(
        self, clock: Clock, say: Callable[[str], None], terminate: Callable[[], None], kill: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._say = say
        self._terminate = terminate
        self._kill = kill
        self._said: set[str] = set()
        self._since: float | None = None
        self._killed = False

    @property
    def told(self) -> bool:
        """Whether SIGTERM was sent."""
        return self._since is not None

    def announce(self) -> None:
        self._say_once(dyno_lines.STOPPING)

    def tell(self) -> None:
        """Send SIGTERM; the 30 seconds begin."""
        self._terminate()
        self.count_as_told()

    def count_as_told(self) -> None:
        """Take it that SIGTERM was sent just now, as to a process that has ended already."""
        self._since = self._clock.monotonic()

    def hurry(self) -> None:
        """Send SIGKILL if the time is over, whether or not the log can be written."""
        if self._since is None or self._killed or self._clock.monotonic() - self._since <= SECONDS:
            return
        try:
            self._say_once(dyno_lines.R12)
            self._say_once(dyno_lines.STOPPING_HARD)
        finally:
            self._kill()
            self._killed = True

    def _say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._say(line)
