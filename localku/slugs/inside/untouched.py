"""Whole folders that a build may take over from the last one, and how it shows that nobody has changed them.

A buildpack announces a folder, with a token that names all it depends on, when it is complete. From that moment on
the kernel writes into the change time (ctime) of a file or folder what happens to it, and no program can set that.
So a folder in which no entry is as young as the announcement is what it was then, however often it was moved since.
Only the folder's own change time says nothing, for moving it changes it: of it inode, mode, time and the names in it
are compared.

A change may fall into the same tick of the kernel's clock as the moment of the announcement. So the moment is taken
after a tick has passed (`moment`): what came before it is older, and what is as old or younger came after.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = 100
"""Looks at the kernel's clock, a millisecond apart: its ticks are 1 to 10 ms. On a file system that keeps whole
seconds none passes, and nothing is announced."""


@dataclass(frozen=True)
class Tree:
    """`moment` is that of the announcement, in nanoseconds; `top` says what the folder itself was like."""

    token: str
    moment: int
    top: str


def moment(marker: Path) -> int | None:
    """Return the time, by the clock of `marker`'s file system, at a tick that begins now; None where none begins."""
    before = touched(marker)
    for _ in range(TICKS):
        time.sleep(0.001)
        now = touched(marker)
        if now > before:
            return now
    return None


def touched(marker: Path) -> int:
    """Touch a file, and return its change time in nanoseconds."""
    marker.touch()
    os.utime(marker)
    return marker.stat().st_ctime_ns


def fresh(folder: Path, token: str, moment: int) -> Tree | None:
    """Return a folder that was announced in its place at `moment`; None when it was changed since."""
    try:
        found = folder.lstat()
        top = _top(folder)
    except OSError:
        return None
    return Tree(token, moment, top) if stat.S_ISDIR(found.st_mode) and found.st_ctime_ns < moment else None


def untouched(folder: Path, trees: Mapping[str, Tree]) -> dict[str, Tree]:
    """Return those of `trees`, whose paths are relative to `folder`, that are what they were when announced."""
    same = {path: tree for path, tree in trees.items() if is_at(folder / path, tree)}
    asked = {path: _search(folder / path, tree.moment) for path, tree in same.items()}
    found = {path: process.communicate()[0] for path, process in asked.items()}
    return {path: tree for path, tree in same.items() if asked[path].returncode == 0 and not found[path]}


def is_at(folder: Path, tree: Tree) -> bool:
    """Tell if this is the folder that was announced, as far as it itself shows."""
    try:
        return stat.S_ISDIR(folder.lstat().st_mode) and _top(folder) == tree.top
    except OSError:
        return False


def _top(folder: Path) -> str:
    found = folder.lstat()
    names = hashlib.blake2b(b"\0".join(sorted(os.listdir(os.fsencode(folder)))), digest_size=16).hexdigest()  # noqa: PTH208 (bytes)
    return f"{found.st_ino} {found.st_mode:o} {found.st_mtime_ns} {names}"


def _search(folder: Path, moment: int) -> subprocess.Popen[bytes]:
    """Look for one entry as young as `moment`; find(1)'s `newer` leaves out what is as old."""
    seconds, rest = divmod(moment - 1, 10**9)
    command = ["find", str(folder), "-mindepth", "1", "-newerct", f"@{seconds}.{rest:09}", "-print", "-quit"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
