"""Tells one installation of localku from another, and from itself after a change: by names, sizes and times."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import localku

PACKAGE = Path(localku.__file__).parent


@cache
def mine() -> str:
    """The digest of the files as they are when a process first asks; the server asks at its start."""
    return of(PACKAGE)


def of(package: Path) -> str:
    import hashlib  # with OpenSSL, and the server is started before

    found = hashlib.sha256()
    for line in sorted(_lines(str(package), "")):
        found.update(line.encode(errors="surrogateescape"))
    return found.hexdigest()[:16]


def _lines(folder: str, below: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _lines(entry.path, f"{below}{entry.name}/")
            else:
                facts = entry.stat(follow_symlinks=False)
                yield f"{below}{entry.name}\0{facts.st_size}\0{facts.st_mtime_ns}\n"
