"""The shell that a user works in, and the folder it stands in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path


class Shell(StrEnum):
    BASH = "bash"
    FISH = "fish"
    ZSH = "zsh"


def of_environment(environ: Mapping[str, str]) -> Shell:
    """The shell that a user works in, as far as SHELL tells."""
    name = os.path.basename(environ.get("SHELL", ""))  # noqa: PTH119
    return Shell(name) if name in set(Shell) else Shell.BASH


def here() -> Path:
    """The folder the command was started in, by the name it had where it has been removed since."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path(os.environ.get("PWD") or "/")
