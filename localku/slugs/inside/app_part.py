"""The app's part of a slug: everything in a build's folder but what is in the dependency layer.

It is not packed: `release.sh`, in a container of the layer, takes what a list names out of the build's folder.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

WRITE = "write"
"""The list's name in a build's out folder: paths that begin with `.`, each ended by a NUL, folders before what they
hold."""

Entries = Mapping[bytes, os.stat_result]


def entries(build_dir: Path, excluded: Collection[str]) -> Entries:
    """Return all of it but the folders `excluded`, in the list's order. Sockets are of no use to anybody."""
    root, without = os.fsencode(build_dir), {b"./" + os.fsencode(name) for name in excluded}
    return {path: found for path, found in _below(root, b".", without) if not stat.S_ISSOCK(found.st_mode)}


def _below(root: bytes, path: bytes, without: Collection[bytes]) -> Iterator[tuple[bytes, os.stat_result]]:
    yield path, os.lstat(os.path.join(root, path))  # noqa: PTH118 (bytes)
    with os.scandir(os.path.join(root, path)) as found:  # noqa: PTH118 (bytes)
        rows = sorted(found, key=lambda row: row.name)
    for row in rows:
        name = path + b"/" + row.name
        if name in without:
            continue
        if row.is_dir(follow_symlinks=False):
            yield from _below(root, name, without)
        else:
            yield name, row.stat(follow_symlinks=False)


def listed(paths: Iterable[bytes]) -> bytes:
    return b"".join(path + b"\0" for path in paths)
