"""One way to end a dyno, whichever it is: SIGTERM, thirty seconds, R12, SIGKILL; and how long each may live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localku.dyno import dyno_lines, lifetime
from localku.dyno.lifetime import DAY, HOUR, MINUTE, Cycling
from localku.dyno.shutdown import Shutdown
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from fake_engine import FakeClock

ZERO, HALF = "0" * 64, "8" + "0" * 63


class Ending:
    """A dyno that is ended; `away` is how often the engine does not answer."""

    def __init__(self, clock: FakeClock, away: int = 0) -> None:
        self.done: list[str] = []
        self.away = away
        self.shutdown = Shutdown(clock, self.done.append, lambda: self.signal("TERM"), lambda: self.signal("KILL"))

    def signal(self, name: str) -> None:
        if self.away:
            self.away -= 1
            raise LocalkuError("The engine is away.")
        self.done.append(name)


def test_sigterm_thirty_seconds_and_sigkill_once(clock: FakeClock) -> None:
    ending = Ending(clock)
    ending.shutdown.announce()
    ending.shutdown.hurry()
    clock.later(60)
    assert not ending.shutdown.told
    ending.shutdown.tell()
    for seconds in (0, 30, 1, 60):
        clock.later(seconds)
        ending.shutdown.hurry()
    assert ending.done == [dyno_lines.STOPPING, "TERM", dyno_lines.R12, dyno_lines.STOPPING_HARD, "KILL"]


def test_what_the_engine_did_not_do_is_done_again_and_said_once(clock: FakeClock) -> None:
    ending = Ending(clock, away=1)
    ending.shutdown.announce()
    with pytest.raises(LocalkuError):
        ending.shutdown.tell()
    assert not ending.shutdown.told
    ending.shutdown.announce()
    ending.shutdown.tell()
    clock.later(31)
    ending.away = 1
    with pytest.raises(LocalkuError):
        ending.shutdown.hurry()
    ending.shutdown.hurry()
    assert ending.done == [dyno_lines.STOPPING, "TERM", dyno_lines.R12, dyno_lines.STOPPING_HARD, "KILL"]


@pytest.mark.parametrize(
    ("kind", "container", "seconds"),
    [
        ("run", ZERO, DAY),
        ("run", HALF, DAY + 108 * MINUTE),
        ("scheduler", HALF, DAY + 108 * MINUTE),
        ("release", HALF, HOUR),
    ],
)
def test_how_long_a_dyno_may_live(kind: str, container: str, seconds: float) -> None:
    assert lifetime.longest(kind, container) == seconds
    if kind != "release":
        assert Cycling().longest(container) == seconds


def test_a_shorter_day_has_a_smaller_random_part() -> None:
    assert Cycling().with_day_of(DAY / 2).longest(HALF) == (DAY + 108 * MINUTE) / 2
