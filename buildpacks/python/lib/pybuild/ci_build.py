"""bin/test-compile: a build for tests, as heroku-buildpack-python makes it: test dependencies, no static files."""

from __future__ import annotations

import os
from pathlib import Path

from pybuild import main as compiling

_SETTINGS = {"DISABLE_COLLECTSTATIC": "1", "INSTALL_TEST": "1", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def main(arguments: list[str], buildpack_dir: Path) -> int:
    """Return the exit status of bin/compile."""
    os.environ.update(_SETTINGS)
    return compiling.main(arguments, buildpack_dir)
