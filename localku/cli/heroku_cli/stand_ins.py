"""psql, pg_dump and pg_restore on the PATH of a machine that has none: Heroku's CLI starts them by their names."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from localku.cli.heroku_cli import shims
from localku.platform.databases.tools_here import TOOLS

COMMAND = "pg:tool"

_TAKERS = ("pg", "psql", "data:pg")


def folder(home: Path) -> Path:
    """Return the folder with them, made or brought up to date."""
    made = home / "heroku" / "stand-ins"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in TOOLS:
        shims.write(home, made / name, (COMMAND, name))
    return made


def needed_by(command: str) -> bool:
    """Whether a command of Heroku's CLI may start one of them."""
    return command.startswith(_TAKERS)


def added(path: str, ours: Path) -> str:
    """A PATH with them behind all others, so that this machine's own are preferred; before them where these fail.

    Debian's wrapper, of postgresql-client-common, may be there without any client behind it.
    """
    others = [one for one in path.split(os.pathsep) if one != str(ours)]
    program = shutil.which(TOOLS[0], path=os.pathsep.join(others))
    fails = program is not None and subprocess.run([program, "--version"], capture_output=True, check=False).returncode
    return os.pathsep.join([str(ours), *others] if fails else [*others, str(ours)])
