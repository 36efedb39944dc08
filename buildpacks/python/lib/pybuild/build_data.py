"""What bin/report tells: facts of the build under way, kept in CACHE_DIR as Heroku's buildpack keeps them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pybuild.output import BuildpackError

Value = str | bool | float


class BuildData:
    """Facts of one build, by name. Texts are cut at 200 characters, durations are in seconds.

    Their file is there from the first fact on: without it a build ends at the next one, as on Heroku
    (heroku-buildpack-python, lib/build_data.sh and spec/hatchet/hooks_spec.rb).
    """

    def __init__(self, cache_dir: Path) -> None:
        self._file = file_of(cache_dir)
        self._facts: dict[str, Value] = {}

    def begin(self) -> None:
        """Make the file, or empty that of an earlier build."""
        self.write()

    def note(self, **facts: Value) -> None:
        """Add facts. Raises BuildpackError when a program of the app has deleted the file."""
        if not self._file.is_file():
            raise BuildpackError("build-data::data-file-deleted", _deleted(self._file))
        self._keep(facts)

    def fail(self, **facts: Value) -> None:
        """Add why the build has failed, wherever the file may be."""
        self._keep(facts)

    def _keep(self, facts: Mapping[str, Value]) -> None:
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


def _deleted(file: Path) -> str:
    return (
        "Error: Can't find the buildpack's build data file.\n\n"
        f"This file is gone, which the buildpack writes while it builds:\n{file}\n\n"
        "A hook or another program of your app has deleted it. Let it leave\n"
        "this file alone when it removes others from the cache or from /tmp."
    )


def file_of(cache_dir: Path) -> Path:
    return cache_dir / "build-data" / "python.json"


def report(cache_dir: Path) -> str:
    """Return the JSON of bin/report: an empty object when no build got far enough to leave one."""
    file = file_of(cache_dir)
    return file.read_text("utf-8") if file.is_file() else "{}\n"
