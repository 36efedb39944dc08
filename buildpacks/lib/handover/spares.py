"""Trees that the last build left: moved into this one instead of being put together again.

Where the platform keeps the folder of the last build (LOCALKU_LAST_BUILD), it says in a file (LOCALKU_SPARES) which
trees there are what they were when they were announced, and takes announcements of this build's in another
(LOCALKU_KEEP): `token<TAB>path<TAB>moment`, the moment in nanoseconds by the clock of the build's file system. A tree
that is changed after its moment is not offered again. Without these variables nothing is taken and nothing announced.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

# Looks at the clock, a millisecond apart; a file system that keeps whole seconds has no tick in that time.
_TICKS = 100


def token(*parts: object) -> str:
    """Name all that a tree depends on."""
    return hashlib.sha256(repr(parts).encode(errors="surrogateescape")).hexdigest()


def take(build_dir: Path, path: str, wanted: str) -> bool:
    """Move the tree `path` of the last build into this one and announce it; False if it is not the one wanted."""
    spare, target = _offered().get(path), build_dir / path
    if spare is None or spare["token"] != wanted or os.path.lexists(target):
        return False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        Path(os.environ["LOCALKU_LAST_BUILD"], path).rename(target)
        _write(wanted, path, spare["moment"])
    except OSError:
        return False
    return True


def announce(build_dir: Path, path: str, made_of: str) -> None:
    """Offer the tree `path` to the next build, as it is now."""
    now = mark(build_dir)
    if now is not None:
        _write(made_of, path, now)


def mark(build_dir: Path) -> int | None:
    """Return the moment that now begins: what was changed before is older. None if nobody asks, or no clock ticks."""
    keep = os.environ.get("LOCALKU_KEEP", "")
    if not keep or Path(keep).parent.stat().st_dev != build_dir.stat().st_dev:
        return None
    before = _touched(keep)
    for _ in range(_TICKS):
        time.sleep(0.001)
        now = _touched(keep)
        if now > before:
            return now
    return None


def untouched(folder: Path, moment: int, *only: str) -> bool:
    """Tell if nothing in or of `folder` was changed since `moment`; nobody may have moved it.

    `only` are tests of find(1) that leave out what may have changed.
    """
    seconds, rest = divmod(moment - 1, 10**9)
    command = ["find", str(folder), *only, "-newerct", f"@{seconds}.{rest:09}", "-print", "-quit"]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode == 0 and not done.stdout


def remove_later(*paths: Path) -> None:
    """Have folders removed once the build is over, where the platform has a place for them (LOCALKU_OLD); else now.

    No file in them may have another name in a tree that is announced: a name that goes is a change to the file.
    """
    old = os.environ.get("LOCALKU_OLD")
    if old is None:
        subprocess.run(["rm", "-rf", "--", *map(str, paths)], check=True)
        return
    Path(old).mkdir(exist_ok=True)
    for path in paths:
        path.rename(Path(tempfile.mkdtemp(dir=old), path.name))


def executable(path: Path) -> None:
    """Let everybody run a file; one that has that mode already is not touched."""
    if stat.S_IMODE(path.stat().st_mode) != 0o755:  # noqa: PLR2004
        path.chmod(0o755)


def _offered() -> dict[str, dict[str, Any]]:
    try:
        found: dict[str, dict[str, Any]] = json.loads(Path(os.environ["LOCALKU_SPARES"]).read_text())
    except (KeyError, OSError, ValueError):
        return {}
    return found


def _touched(path: str) -> int:
    Path(path).touch()
    os.utime(path)
    return Path(path).stat().st_ctime_ns


def _write(made_of: str, path: str, moment: int) -> None:
    if not set(path) & set("\t\r\n"):
        with Path(os.environ["LOCALKU_KEEP"]).open("a", errors="surrogateescape") as file:
            file.write(f"{made_of}\t{path}\t{moment}\n")
