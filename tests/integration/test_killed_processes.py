"""One of the server's processes is killed with -9 under traffic; `python -m benchmarks.kills` has all other cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.kills import STATES, Victim, kill

if TYPE_CHECKING:
    from support.localku import Localku


@pytest.fixture(scope="module")
def victim(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Victim:
    return Victim.made(lk, tmp_path_factory.mktemp("apps") / "victim")


@pytest.mark.parametrize(
    ("state", "process", "after"),
    [
        ("up", "router", 0.5),
        ("coming up", "parent", 1.2),
        ("deploying", "control", 1.0),
        ("going down", "control", 0.2),
    ],
)
def test_nothing_is_doubled_or_left_over_or_answered_wrongly(
    victim: Victim, state: str, process: str, after: float
) -> None:
    assert kill(victim, next(one for one in STATES if one.name == state), process, after) == []
