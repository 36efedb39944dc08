"""Folders of many small files: link, measure and compare them without reading a byte of content.

BUILD_DIR and CACHE_DIR usually share a file system, so a tree is put in place by hard links: the files keep
their times, and folders and symlinks are given the times of the original. A tree put in place twice is the same
twice, to anyone who looks at paths, sizes and times.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from pathlib import Path

# The time npm gives every file it packs (26 October 1985): one time for what a buildpack itself writes.
FIXED_TIME = 499162500

_UMASK = os.umask(0o022)
os.umask(_UMASK)

Stamp = list[int]
"""Size in bytes (0 for a folder), then modification time in nanoseconds."""


def remove(path: Path) -> None:
    """Remove a file, a symlink or a whole folder; nothing there is fine."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def place(source: Path, target: Path, *, skip: Container[str] = (), copy: bool = False) -> None:
    """Put the tree `source` at `target`, replacing what is there.

    `skip` holds paths relative to `source` to leave out. Files are hard links, or copies when `copy` is set or
    the two are on different file systems.
    """
    remove(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    put: Callable[[str, str], object] = _copy if copy else os.link
    try:
        _place(str(source), str(target), "", skip, put)
    except OSError:
        if copy:
            raise
        remove(target)
        _place(str(source), str(target), "", skip, _copy)


def _copy(source: str, target: str) -> None:
    shutil.copy2(source, target)


def _place(source: str, target: str, at: str, skip: Container[str], put: Callable[[str, str], object]) -> None:
    found = os.stat(source)  # noqa: PTH116 - thousands of calls: plain strings are several times faster here
    mode = found.st_mode & 0o7777
    os.mkdir(target, mode)  # noqa: PTH102
    if mode & _UMASK:
        os.chmod(target, mode)  # noqa: PTH101
    with os.scandir(source) as entries:
        for entry in entries:
            path = f"{at}{entry.name}"
            if path in skip:
                continue
            there = f"{target}/{entry.name}"
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), there)  # noqa: PTH115, PTH211
                _same_time(entry.stat(follow_symlinks=False), there)
            elif entry.is_dir():
                _place(entry.path, there, f"{path}/", skip, put)
            else:
                put(entry.path, there)
    _same_time(found, target)


def _same_time(found: os.stat_result, path: str) -> None:
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns), follow_symlinks=False)


def stamps(root: Path) -> dict[str, Stamp]:
    """Return path → [size, mtime] of everything under `root`; folders are paths that end in a slash."""
    return dict(_stamps(str(root), ""))


def _stamps(folder: str, at: str) -> Iterator[tuple[str, Stamp]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            found = entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                yield f"{at}{entry.name}/", [0, found.st_mtime_ns]
                yield from _stamps(entry.path, f"{at}{entry.name}/")
            else:
                yield f"{at}{entry.name}", [found.st_size, found.st_mtime_ns]


def digest(folder: Path) -> str:
    """Return a digest of all paths, sizes and times under `folder`. OSError when there is no such folder."""
    lines = sorted(f"{path}\0{stamp[0]}\0{stamp[1]}\n" for path, stamp in stamps(folder).items())
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


def set_fixed_time(path: Path) -> None:
    """Give a file, symlink or folder the one fixed time."""
    os.utime(path, (FIXED_TIME, FIXED_TIME), follow_symlinks=False)
