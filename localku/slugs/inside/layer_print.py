"""What tells one dependency layer from another: a hash of every path, size, mode and time in it.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Collection
from pathlib import Path

_ROWS = (
    *("(", "-type", "d", "-printf", r"%p %y %m\0", ")", "-o"),
    *("(", "-type", "l", "-printf", r"%p %y %l\0", ")", "-o"),
    *("-printf", r"%p %y %m %s %T@\0"),
)
"""What `find` says of a folder, a link and a file. A folder's own time changes with its cache, and means nothing."""


def fingerprint(root: Path, names: Collection[str]) -> str:
    """A hash of every path, size, mode and time below `names`: the same dependency layer has the same one."""
    return _digest(_found(root, names, ()) if names else [])


def rest(root: Path, names: Collection[str], trees: Collection[str]) -> str:
    """A hash of `names` and `trees`, and of all that is below the former but not in the latter."""
    rows = _found(root, names, trees) if names else []
    return _digest([repr((sorted(names), sorted(trees))).encode(errors="surrogateescape"), *rows])


def _found(root: Path, names: Collection[str], trees: Collection[str]) -> list[bytes]:
    left_out = [word for tree in sorted(trees) for word in ("-path", _plain(f"./{tree}"), "-prune", "-o")]
    command = ["find", *sorted(f"./{name}" for name in names), *left_out, *_ROWS]
    return sorted(subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True).stdout.split(b"\0"))


def _plain(path: str) -> str:
    """Write a path so that find(1) takes none of it for a pattern."""
    return re.sub(r"([*?\[\]\\])", r"\\\1", path)


def _digest(rows: list[bytes]) -> str:
    return hashlib.blake2b(b"\0".join(rows), digest_size=16).hexdigest()
