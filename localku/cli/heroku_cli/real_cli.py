"""Heroku's CLI on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from localku.cli.heroku_cli.shims import HEROKU

MISSING = 127
"""The exit status of a shell for a command that there is not."""

HOW_TO_GET = (
    "Heroku's CLI is not installed. It needs Node.js 20 or newer: npm install --global heroku\n"
    "Other ways: https://devcenter.heroku.com/articles/heroku-cli"
)


def found(environ: Mapping[str, str], shims: Path) -> Path | None:
    """The first one on PATH that is not ours."""
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        one = Path(folder or ".") / HEROKU
        if one.is_file() and os.access(one, os.X_OK) and not _is_ours(one, shims):
            return one
    return None


def _is_ours(file: Path, shims: Path) -> bool:
    return (shims / HEROKU).exists() and file.resolve() == (shims / HEROKU).resolve()
