"""Which files a build has at a moment, so that it shows later which of them nobody has changed since.

`layer.sh` reads these lists: a file of the path, inode and change time that one names is what it was then.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection
from pathlib import Path

FOLDER = "layers"
"""Beside the cache: a list for each dependency layer, named by its fingerprint."""

KEPT = 8
"""How many of these stay."""


def part(number: int) -> str:
    """Name the list of a part of a layer, in its build's out folder."""
    return f"part-{number}"


def listed(root: Path, names: Collection[str], moment: int) -> bytes:
    """Return path, inode and change time of every file below `names` that is older than `moment` (in nanoseconds).

    `names` come first: what earlier lists say of what is in them no longer counts.
    """
    if not names:
        return b""
    seconds, rest = divmod(moment - 1, 10**9)
    folders = sorted(f"./{name}" for name in names)
    older = ("-type", "f", "!", "-newerct", f"@{seconds}.{rest:09}", "-printf", r"%p//%i %C@\0")
    found = subprocess.run(["find", *folders, *older], cwd=root, stdout=subprocess.PIPE, check=True).stdout
    return b"".join(os.fsencode(f"{folder}//*\0") for folder in folders) + found


def keep(folder: Path, layer: str, rows: bytes) -> None:
    """Keep the list of a layer, unless there is one: the layer may have been made when that was true."""
    folder.mkdir(exist_ok=True)
    if (folder / layer).exists():
        return
    new = folder / f"{layer}.new"
    new.write_bytes(rows)
    new.rename(folder / layer)
    others = [each for each in folder.iterdir() if each.name != layer]
    for old in sorted(others, key=lambda each: each.stat().st_mtime)[: 1 - KEPT]:
        old.unlink()
