"""What goes into an image: the files of a folder under `stacks/`, and one name for exactly these files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from localku import paths


def folder(name: str) -> Path:
    """A folder of `stacks/`."""
    return paths.data("stacks") / name


def words(path: Path) -> tuple[str, ...]:
    """One word a line; `#` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return tuple(line for line in lines if line)


def fingerprint(files: Iterable[Path], *more: str) -> str:
    """Sixteen hex digits that change with any of the files' contents or words."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for word in more:
        digest.update(word.encode() + b"\0")
    return digest.hexdigest()[:16]
