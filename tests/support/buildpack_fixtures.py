"""Fixtures of the buildpack tests: a builder whose downloads are shared, and no engine."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.buildpack_run import Builder

if TYPE_CHECKING:
    from collections.abc import Iterator

_downloads = Path(tempfile.gettempdir()) / "localku-test-downloads"


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """Overrides the suite's: these tests need no Docker engine."""


@pytest.fixture
def builder() -> Iterator[Builder]:
    """Yield a builder in a folder that the unprivileged user can reach, which pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="lkbp_"))
    folder.chmod(0o755)
    made = Builder(folder / "world")
    made.seed(_downloads)
    yield made
    fresh = made.cache / "nodekit"
    if fresh.is_dir():
        shutil.rmtree(_downloads, ignore_errors=True)
        fresh.rename(_downloads)
    shutil.rmtree(folder)


def write_app(folder: Path, files: dict[str, Any]) -> Path:
    """Write an app: path → text, or a dict that becomes JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def look(build_dir: Path, name: str) -> dict[str, tuple[int, int]]:
    """Return path → (size, modification time) of everything under a folder of a build, as the platform compares it."""
    found = {}
    for path in (build_dir / name).rglob("*"):
        stat = path.lstat()
        found[str(path.relative_to(build_dir))] = (0 if path.is_dir() else stat.st_size, stat.st_mtime_ns)
    return found
