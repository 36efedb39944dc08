"""Asking whether a registry answers is quick, and the answer is remembered for a while."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest

from localku.engine import registry


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOCALKU_HOME", str(tmp_path))
    return tmp_path


def respond(monkeypatch: pytest.MonkeyPatch, error: Exception, wait: float = 0.0) -> list[str]:
    asked: list[str] = []

    def urlopen(address: str, timeout: float) -> None:
        asked.append(address)
        time.sleep(wait)
        raise error

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    return asked


def test_asking_to_log_in_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = respond(monkeypatch, HTTPError(registry.ADDRESS, 401, "Unauthorized", None, None))  # type: ignore[arg-type]
    assert registry.answers()
    assert registry.answers()
    assert len(asked) == 1


def test_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    respond(monkeypatch, URLError("no such host"))
    assert not registry.answers()


def test_silence_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "SECONDS", 0.05)
    respond(monkeypatch, URLError("late"), wait=20)
    started = time.monotonic()
    assert not registry.answers()
    assert time.monotonic() - started < 10


def test_an_old_no_is_asked_again(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    memory = home / "cache" / "registry.json"
    memory.parent.mkdir()
    memory.write_text(json.dumps({"answers": False, "at": time.time() - 301}))
    asked = respond(monkeypatch, HTTPError(registry.ADDRESS, 401, "Unauthorized", None, None))  # type: ignore[arg-type]
    assert registry.answers()
    assert len(asked) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"answers": true}', '{"answers": true, "at": "x"}'])
def test_a_damaged_memory_is_no_memory(text: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    (home / "cache").mkdir()
    (home / "cache" / "registry.json").write_text(text)
    respond(monkeypatch, URLError("no such host"))
    assert not registry.answers()
