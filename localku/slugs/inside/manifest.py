"""What the image of a build has of the app's own files, so that the next one can be made on it.

A file stays where it holds the same, with the time that it has there: a build makes or gets most of its files anew.
Only of Python's sources the time has to be the same too, for their bytecode names it.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from localku.slugs.inside.app_part import Entries
from localku.slugs.inside.vouched import vouched

NAME = "manifest"
"""The file's name in a build's out folder: path → kind, mode, time in seconds as images keep it, digest; JSON.

The time is 0 where it makes no difference.
"""

CHANGED, REMOVED = "changed", "removed"
"""Lists as `app_part.WRITE`, for an image on the last one."""

UNKNOWN = ""
"""In place of a digest: it is written again."""

SOURCE = b".py"

Row = tuple[int, int, int, str]
Manifest = Mapping[str, Row]


@dataclass(frozen=True)
class Difference:
    """Paths to write on an image, folders before what is in them, and those to remove from it before."""

    changed: tuple[bytes, ...]
    removed: tuple[bytes, ...]


def of(found: Entries, digests: Mapping[bytes, str]) -> Manifest:
    return {
        os.fsdecode(path): (
            stat.S_IFMT(state.st_mode),
            stat.S_IMODE(state.st_mode),
            int(state.st_mtime) if path.endswith(SOURCE) or path not in digests else 0,
            digests.get(path, UNKNOWN),
        )
        for path, state in found.items()
    }


def text_of(rows: Manifest) -> bytes:
    return json.dumps(rows).encode()


def read(file: Path, expected: str) -> Manifest | None:
    """Return the manifest; None where it is not the one of this hash."""
    text = vouched(file, expected)
    return None if text is None else {path: tuple(row) for path, row in json.loads(text).items()}


def difference(rows: Manifest, base: Manifest) -> Difference:
    """Say what makes an image of `base` one of `rows`."""
    changed = (os.fsencode(path) for path, row in rows.items() if row[-1] == UNKNOWN or base.get(path) != row)
    removed = (os.fsencode(path) for path, row in base.items() if rows.get(path, (0,))[0] != row[0])
    return Difference(tuple(changed), tuple(removed))


def size(found: Entries, paths: Iterable[bytes]) -> int:
    """Return the bytes of the files among `paths`."""
    return sum(found[path].st_size for path in paths if stat.S_ISREG(found[path].st_mode))
