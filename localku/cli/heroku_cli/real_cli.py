"""Heroku's CLI on this machine, and the command of its name that localku puts before it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

NAME = "heroku"
MISSING = 127
"""The exit status of a shell for a command that there is not."""

HOW_TO_GET = (
    "Heroku's CLI is not installed. It needs Node.js 20 or newer: npm install --global heroku\n"
    "Other ways: https://devcenter.heroku.com/articles/heroku-cli"
)


def found(environ: Mapping[str, str], shims: Path) -> Path | None:
    """The first one on PATH that is not ours."""
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        one = Path(folder or ".") / NAME
        if one.is_file() and os.access(one, os.X_OK) and not _is_ours(one, shims):
            return one
    return None


def shim(home: Path) -> Path:
    """Return the folder with our `heroku`, which runs `localku heroku` of this very installation."""
    folder = home / "heroku" / "bin"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file, program = folder / NAME, [sys.executable, "-m", "localku", "heroku"]
    state = f"LOCALKU_HOME={shlex.quote(str(home))}"
    text = f'#!/bin/sh\n{state} exec {shlex.join(program)} "$@"\n'
    if not file.is_file() or file.read_text() != text:
        draft = folder / f".{NAME}.{os.getpid()}"
        draft.write_text(text)
        draft.chmod(0o700)
        draft.replace(file)
    return folder


def _is_ours(file: Path, shims: Path) -> bool:
    return (shims / NAME).exists() and file.resolve() == (shims / NAME).resolve()
