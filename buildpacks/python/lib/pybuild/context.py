"""One build: its folders, its stack and what the platform allows it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pybuild.output import BuildpackError

TREE = ".heroku/python"
PREPARED = "/opt/localku/python"


@dataclass(frozen=True)
class Build:
    """Where a build works. `app_dir` is where the slug lies at run time: `/app` but in tests."""

    build_dir: Path
    cache_dir: Path
    env_dir: Path
    buildpack_dir: Path
    app_dir: Path
    prepared_dir: Path
    stack: str
    offline: bool
    install_test: bool

    @property
    def tree(self) -> Path:
        """The Python of this build, by its place in the build folder."""
        return self.build_dir / TREE

    @property
    def cache(self) -> Path:
        return self.cache_dir / ".heroku"

    @property
    def wheelhouse(self) -> Path:
        """Wheels of everything this app has installed with a network."""
        return self.cache / "python-wheels"

    @property
    def downloads(self) -> Path:
        """The package managers' own caches."""
        return self.cache / "python-downloads"


def from_arguments(arguments: list[str], environ: Mapping[str, str], buildpack_dir: Path) -> Build:
    build_dir, cache_dir, env_dir = (Path(os.path.abspath(a)) for a in arguments[:3])  # noqa: PTH100
    stack = environ.get("LOCALKU_STACK") or environ.get("STACK", "")
    if not stack:
        raise BuildpackError("internal-error::no-stack", "Internal Error: The STACK env var isn't set.")
    return Build(
        build_dir=build_dir,
        cache_dir=cache_dir,
        env_dir=env_dir,
        buildpack_dir=buildpack_dir,
        app_dir=Path(environ.get("LOCALKU_APP_DIR", "/app")),
        prepared_dir=Path(environ.get("LOCALKU_PYTHON_HOME", PREPARED)),
        stack=stack,
        offline=environ.get("LOCALKU_OFFLINE", "") not in {"", "0"},
        install_test="INSTALL_TEST" in environ,
    )
