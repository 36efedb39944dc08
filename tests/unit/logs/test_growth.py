"""A log that has grown is noticed, and one that has not costs one look at one file."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from localku.logs import growth, segments
from localku.logs.app_log import AppLog


def test_a_log_grows_as_it_is_written_and_only_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (growth, segments):
        monkeypatch.setattr(module, "SEGMENT_BYTES", 400)
    chance = random.Random(7)  # noqa: S311
    log, writer = AppLog(tmp_path / "log"), AppLog(tmp_path / "log")
    seen = log.growth()
    assert not seen.since_last_look()
    for _ in range(300):
        if chance.random() < 0.1:
            shutil.rmtree(tmp_path / "log", ignore_errors=True)
            seen.since_last_look()
        many = chance.choice([0, 1, 1, 3, 20])
        for _ in range(many):
            writer.write("app", "web.1", "x" * chance.randrange(1, 200))
        assert seen.since_last_look() is bool(many)
        assert not seen.since_last_look()


def test_a_log_that_was_there_is_looked_at_once(tmp_path: Path) -> None:
    log = AppLog(tmp_path / "log")
    log.write("app", "web.1", "before")
    seen = log.growth()
    assert [seen.since_last_look() for _ in range(3)] == [True, False, False]


def test_nothing_is_listed_while_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AppLog(tmp_path / "log")
    log.write("app", "web.1", "before")
    seen = log.growth()
    assert seen.since_last_look()
    monkeypatch.setattr(growth, "numbers", lambda _folder: pytest.fail("the folder was read"))
    assert not seen.since_last_look()
