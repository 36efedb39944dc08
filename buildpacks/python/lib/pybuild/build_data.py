"""What bin/report tells: facts of the build under way, kept in CACHE_DIR as Heroku's buildpack keeps them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Value = str | bool | float


class BuildData:
    """Facts of one build, by name. Texts are cut at 200 characters, durations are in seconds."""

    def __init__(self, cache_dir: Path) -> None:
        self._file = file_of(cache_dir)
        self._facts: dict[str, Value] = {}

    def note(self, **facts: Value) -> None:
        for name, value in facts.items():
            self._facts[name] = value[:200] if isinstance(value, str) else value

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.note(**{f"{name}_duration": round(time.monotonic() - started, 6)})

    def write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._facts, indent=2, sort_keys=True) + "\n", "utf-8")


def file_of(cache_dir: Path) -> Path:
    return cache_dir / "build-data" / "python.json"


def report(cache_dir: Path) -> str:
    """Return the JSON of bin/report: an empty object when no build got far enough to leave one."""
    file = file_of(cache_dir)
    return file.read_text("utf-8") if file.is_file() else "{}\n"
