"""The end of an app: each step is taken whatever became of the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform import housekeeping
from localku.platform.addons import addon_servers
from localku.platform.dynos import detached_end
from localku.server.apps import winding_up

if TYPE_CHECKING:
    import pytest


def steps(monkeypatch: pytest.MonkeyPatch, error: LocalkuError) -> list[str]:
    """Let every step but the last raise the error; the names of those that were taken."""
    taken: list[str] = []

    def step(name: str, fails: bool) -> object:
        def take(*_: object) -> None:
            taken.append(name)
            if fails:
                raise error

        return take

    monkeypatch.setattr(detached_end, "end_detached", step("one-offs", fails=True))
    monkeypatch.setattr(addon_servers, "stop", step("databases", fails=True))
    monkeypatch.setattr(housekeeping, "sweep", step("leftovers", fails=False))
    return taken


def test_what_cannot_be_done_is_told_once_and_keeps_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, said = steps(monkeypatch, LocalkuError("The disk with state.db is full.")), list[str]()
    winding_up.wind_up(None, None, said.append)  # type: ignore[arg-type]
    assert taken == ["one-offs", "databases", "leftovers"]
    assert said == [" !     The disk with state.db is full."]


def test_an_engine_that_is_away_ends_it_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, said = steps(monkeypatch, EngineUnavailable("No Docker engine answers")), list[str]()
    winding_up.wind_up(None, None, said.append)  # type: ignore[arg-type]
    assert (taken, said) == (["one-offs"], [])
