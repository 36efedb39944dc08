"""Gives files that were installed anew, and are what the last build had, the times that they had there.

A package manager writes every file anew with the time of the build, and bytecode names the time of its source. With
the old times an image of the app takes up only what really differs, and so does the work of making it.
"""

from __future__ import annotations

import filecmp
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from pybuild import two_processes

_HEADER = struct.Struct("<4sIII")
"""Of bytecode that is checked by its source's time (PEP 552): magic, flags, which are none, time and size."""

_SECONDS = 0xFFFFFFFF

_CACHE = "__pycache__"

_SMALL = 1 << 20
"""Bytes of a file that is read at once."""

Entries = dict[str, os.DirEntry[str]]


def keep(new: Path, old: Path) -> None:
    """Do this below the folder `new` for what is the same below `old`. What has other names, too, is left alone."""
    if new.is_dir() and old.is_dir():
        two_processes.do(_keep, tuple(_folders(str(new), str(old))))


def _folders(new: str, old: str) -> Iterator[tuple[str, str]]:
    """Give the folders that are in both, less those with bytecode."""
    yield new, old
    here, there = _entries(new), _entries(old)
    for name in sorted(here.keys() & there.keys() - {_CACHE}):
        if _is_folder(here[name]) and _is_folder(there[name]):
            yield from _folders(here[name].path, there[name].path)


def _keep(folders: tuple[str, str]) -> None:
    """Do it in one folder, and for the bytecode of what is in it."""
    new, old = folders
    here, there = _entries(new), _entries(old)
    dated: dict[str, tuple[os.stat_result, int]] = {}
    for name in here.keys() & there.keys():
        entry, before = here[name], there[name]
        if _differs_in_time_alone(entry, before):
            if name.endswith(".py"):
                dated[name.removesuffix(".py")] = entry.stat(), before.stat().st_mtime_ns
            _take_time(entry, before)
    if dated and _CACHE in here and _is_folder(here[_CACHE]):
        cached = _entries(there[_CACHE].path) if _CACHE in there and _is_folder(there[_CACHE]) else {}
        _date_bytecode(_entries(here[_CACHE].path).values(), cached, dated)


def _date_bytecode(
    files: Iterable[os.DirEntry[str]], old: Entries, dated: dict[str, tuple[os.stat_result, int]]
) -> None:
    """Let the bytecode of sources name their new times; `dated` is how each was before, and which time it has now."""
    for file in files:
        source = dated.get(_source(file.name))
        if source is None or not _is_ours(file):
            continue
        seen, time = source
        if not _date_header(file.path, seen, time):
            continue
        before = old.get(file.name)
        if before is not None and _differs_in_time_alone(file, before):
            _take_time(file, before)


def _date_header(path: str, seen: os.stat_result, time: int) -> bool:
    """Let bytecode name the new time of its source, if that is its source; tell if so."""
    stream = os.open(path, os.O_RDWR)
    try:
        head, size = os.read(stream, _HEADER.size), seen.st_size & _SECONDS
        if len(head) < _HEADER.size or _HEADER.unpack(head)[1:] != (0, int(seen.st_mtime) & _SECONDS, size):
            return False
        os.pwrite(stream, _HEADER.pack(head[:4], 0, time // 10**9 & _SECONDS, size), 0)
    finally:
        os.close(stream)
    return True


def _source(name: str) -> str:
    """The module of `module.cpython-313.pyc`, or of `module.cpython-313.opt-2.pyc`."""
    tagged, _, optimised = name.removesuffix(".pyc").rpartition(".")
    return tagged.rpartition(".")[0] if optimised.startswith("opt-") else tagged


def _differs_in_time_alone(entry: os.DirEntry[str], before: os.DirEntry[str]) -> bool:
    if not _is_ours(entry):
        return False
    seen, found = entry.stat(follow_symlinks=False), before.stat(follow_symlinks=False)
    if (found.st_mode, found.st_size) != (seen.st_mode, seen.st_size) or found.st_mtime_ns == seen.st_mtime_ns:
        return False
    if seen.st_size > _SMALL:
        return filecmp.cmp(entry.path, before.path, shallow=False)
    content = _content(entry.path)
    return len(content) == seen.st_size and content == _content(before.path)


def _content(path: str) -> bytes:
    """Return what a small file holds; Python's own files take three times as long."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, _SMALL + 1)
    finally:
        os.close(file)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, and nobody else's by another name."""
    seen = entry.stat(follow_symlinks=False)
    return stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1


def _take_time(entry: os.DirEntry[str], before: os.DirEntry[str]) -> None:
    time = before.stat(follow_symlinks=False).st_mtime_ns
    os.utime(entry.path, ns=(time, time))


def _entries(folder: str) -> Entries:
    with os.scandir(folder) as found:
        return {entry.name: entry for entry in found}


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)
