from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

BUILDPACK = Path(__file__).parents[3] / "buildpacks" / "python"
sys.path.insert(0, str(BUILDPACK / "lib"))
sys.path.append(str(BUILDPACK.parent / "lib"))


from pybuild.available import Available  # noqa: E402
from pybuild.context import Build  # noqa: E402
from pybuild.versions import Version, exact  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def buildpack() -> Path:
    return BUILDPACK


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A build of an empty app on debian-14, offline, with every folder under tmp_path."""
    for name in ("build", "cache", "env", "buildpack", "app", "prepared"):
        (tmp_path / name).mkdir()
    return Build(
        build_dir=tmp_path / "build",
        cache_dir=tmp_path / "cache",
        env_dir=tmp_path / "env",
        buildpack_dir=tmp_path / "buildpack",
        app_dir=tmp_path / "app",
        prepared_dir=tmp_path / "prepared",
        stack="debian-14",
        offline=True,
        install_test=False,
    )


@pytest.fixture
def files(build: Build) -> Callable[..., Path]:
    """Write files of the app: `files(**{"runtime.txt": "python-3.13"})`; returns the app's folder."""

    def write(**contents: str) -> Path:
        for name, content in contents.items():
            file = build.build_dir / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        return build.build_dir

    return write


@pytest.fixture
def having() -> Callable[..., Available]:
    """What can be had: `having("3.13.5", "3.14.0")` lie on the stack."""

    def available(*prepared: str, kept: tuple[str, ...] = (), downloadable: bool = False) -> Available:
        stack = "heroku-24" if downloadable else "debian-14"
        return Available(stack, versions(prepared), versions(kept), downloadable)

    return available


def versions(texts: tuple[str, ...]) -> tuple[Version, ...]:
    return tuple(sorted(version for version in map(exact, texts) if version))
