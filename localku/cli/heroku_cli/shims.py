"""Programs of ours on the PATH of a shell: each runs a command of this very installation of localku."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from localku import whole_file

HEROKU = "heroku"

COMMANDS: Mapping[str, tuple[str, ...]] = {HEROKU: ("heroku",), "git-remote-localku": ("git:connect",)}
"""What runs which command; git looks for the second for URLs that begin with `localku::` (gitremote-helpers(7))."""


def folder(home: Path) -> Path:
    """Return the folder with them, made or brought up to date."""
    made = home / "heroku" / "bin"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, command in COMMANDS.items():
        write(home, made / name, command)
    return made


def write(home: Path, file: Path, command: tuple[str, ...]) -> None:
    """Have a program there that runs `localku COMMAND` with this state folder."""
    state = f"LOCALKU_HOME={shlex.quote(str(home))}"
    text = f'#!/bin/sh\n{state} exec {shlex.join([sys.executable, "-m", "localku", *command])} "$@"\n'
    whole_file.keep(file, text, 0o700)
