"""pnpm's store, which keeps every module of every version that was ever installed: cleaned with every 40th build.

The number of builds until then is where heroku-buildpack-nodejs keeps it (lib/cache.sh), which cleans it so too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nodekit.output import BuildFailed, info
from nodekit.run import run

from . import managers

if TYPE_CHECKING:
    from pathlib import Path

    from .binaries import Manager
    from .build import Build

_COUNTER = "pnpm_prune_store_counter"
_BUILDS = 40
_NOTHING_IN_IT = re.compile(r"ENOENT.*scandir")
"""pnpm before 9.12 takes a store without modules for an error: https://github.com/pnpm/pnpm/pull/8555."""


def clean(build: Build, manager: Manager) -> None:
    """After an install, let pnpm remove what no build uses, if it is time to. BuildFailed if pnpm fails."""
    path = build.cache_dir / _COUNTER
    left = _left(path)
    if left == 0:
        info("Cleaning up pnpm store")
        env = build.env | managers.pnpm_store(build, manager)
        done = run(("pnpm", "store", "prune"), cwd=build.build_dir, env=env, show=lambda _line: False)
        if not done.ok and not _NOTHING_IN_IT.search(done.output):
            raise BuildFailed(f"Error: Unable to clean up the pnpm store.\n\n{done.output.strip()}")
    path.write_text(f"{left - 1 if left else _BUILDS}\n")


def _left(path: Path) -> int:
    try:
        left = int(path.read_text())
    except (OSError, ValueError):
        return _BUILDS
    return left if left >= 0 else _BUILDS
