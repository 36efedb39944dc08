"""What a large app's files held when they were read, so that those that have not changed since are not read again.

The rule is git's (its "racy-git" document): a file whose size, times, inode and permissions are what they were holds
what it held, unless it was so young when it was read that a change just after could have left it the same times.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from localku.project.sources.source_file import SourceFile, look

if TYPE_CHECKING:
    from collections.abc import Callable

    from localku.project.git.beneath import Beneath

YOUNG = 2_000_000_000
"""Nanoseconds: file systems count time in steps of up to two seconds (FAT)."""

Stamp = tuple[int, ...]


class SeenFiles:
    """Keeps what it saw in `file`, once it is told to."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._before = _read(file)
        self._now: dict[str, tuple[Stamp, int, int, str]] = {}

    def look(self, below: Beneath, path: str, read: Callable[[int], None]) -> SourceFile | None:
        """The file as `source_file.look` gives it."""
        state = below.lstat(path)
        stamp, seen = _stamp(state), self._before.get(path)
        if seen is not None and seen[0] == stamp:
            self._now[path] = seen
            _, mode, size, digest = seen
            read(size)
            return SourceFile(path, mode, size, None, bytes.fromhex(digest))
        began = time.time_ns()
        found = look(below, path, read)
        old = max(state.st_mtime_ns, state.st_ctime_ns) < began - YOUNG
        if found is not None and found.link is None and old and _stamp(below.lstat(path)) == stamp:
            self._now[path] = (stamp, found.mode, found.size, found.digest.hex())
        return found

    def keep(self) -> None:
        """Keep what was seen, in one step. Where the disk does not take it all is read again."""
        if self._now == self._before:
            return
        with suppress(OSError), tempfile.NamedTemporaryFile("w", dir=self._file.parent, delete=False) as fresh:
            try:
                json.dump(self._now, fresh)
                fresh.flush()
                Path(fresh.name).replace(self._file)
            except BaseException:
                Path(fresh.name).unlink(missing_ok=True)
                raise


def _stamp(state: os.stat_result) -> Stamp:
    kind = stat.S_IFMT(state.st_mode) | state.st_mode & stat.S_IXUSR
    return (kind, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_dev, state.st_ino)


def _read(file: Path) -> dict[str, tuple[Stamp, int, int, str]]:
    try:
        rows = json.loads(file.read_text())
        return {path: (tuple(stamp), mode, size, digest) for path, (stamp, mode, size, digest) in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
