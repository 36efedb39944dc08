"""bin/test-compile: a build for tests. The same as for a slug, but with devDependencies and NODE_ENV=test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from . import compile as compiling
from . import profile

if TYPE_CHECKING:
    from pathlib import Path

# heroku-buildpack-nodejs bin/test-compile
_DEFAULTS = {"NPM_CONFIG_PRODUCTION": "false", "NODE_ENV": "test"}


def main(build_dir: Path, cache_dir: Path, env_dir: Path | None, buildpack_dir: Path) -> int:
    """Build the app in `build_dir`; returns the exit status."""
    for name, value in _DEFAULTS.items():
        os.environ[name] = os.environ.get(name) or value
    status = compiling.main(build_dir, cache_dir, env_dir, buildpack_dir)
    if status == 0:
        profile.write_for_tests(build_dir, buildpack_dir)
    return status
