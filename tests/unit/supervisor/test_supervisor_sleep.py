"""A supervisor that sleeps does what one that never sleeps does: the same lines at the same time, in fewer rounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from sleep_walk import Walk, steps

from localku.supervisor import loop, scheduler
from localku.supervisor.dynos import kill_snapshot, parting, retiring

STEPS = 25


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing brings a round on but what is due, or has changed; and no command of the schedule runs."""
    monkeypatch.setattr(loop, "STEADY", 1e9)
    monkeypatch.setattr(retiring, "PATIENCE", 20)
    monkeypatch.setattr(kill_snapshot, "MOMENT", 20)
    monkeypatch.setattr(parting, "CALM_SECONDS", 0)
    monkeypatch.setattr(scheduler.Scheduler, "_start", scheduler.Scheduler._say)


@pytest.mark.parametrize(("seed", "scale"), [(0, 30.0), (1, 30.0), (2, 10.0)])
def test_who_sleeps_writes_what_who_never_sleeps_writes(tmp_path: Path, seed: int, scale: float) -> None:
    awake = Walk(tmp_path / "awake", scale, sleeps=False)
    asleep = Walk(tmp_path / "asleep", scale, sleeps=True)
    for step in steps(seed, STEPS):
        awake.take(step)
        asleep.take(step)
    assert asleep.lines() == awake.lines()
    assert asleep.rounds < awake.rounds
