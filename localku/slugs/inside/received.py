"""The source of a large app as a build has got it, so that the next one need only be sent what has changed.

The volume is the app's: a build's programs can write whatever they like into it. But a file that has the inode and the
change time (ctime) which it had before any of them ran holds what it held then, for the kernel notes the time of each
change, and no program can set that (`untouched.py` lives by the same). A record of both lies in the build's out folder.
It counts where it has the hash that localku was told at once, and keeps outside.

Files are moved from build to build. One that a failed or killed build had got is where that build's record says, or is
sent again.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from localku.slugs.inside import untouched
from localku.slugs.inside.app_part import Entries
from localku.slugs.inside.vouched import hash_of, vouched

RECORD = "received"
"""The record's name in a build's out folder: path → digest, inode, change time in nanoseconds; JSON."""

UMASK = 0o022


@dataclass(frozen=True)
class File:
    """`digest` is localku's, of what it has sent."""

    digest: str
    inode: int
    changed: int

    def is_at(self, found: os.stat_result) -> bool:
        return stat.S_ISREG(found.st_mode) and (found.st_ino, found.st_ctime_ns) == (self.inode, self.changed)


@dataclass(frozen=True)
class Last:
    """Where the build lies that was the last to get a source, and what it got."""

    folder: Path
    files: Mapping[str, File]


def last(volume: Path, build: str, record: str) -> Last:
    """Return what the build of this id has got; nothing where `record` is not the hash of what its record says."""
    text = vouched(volume / f"slug_{build}" / RECORD, record)
    rows = json.loads(text) if text is not None else {}
    return Last(volume / f"build_{build}", {path: File(*row) for path, row in rows.items()})


def taken(earlier: Last, build_dir: Path, wanted: Mapping[str, tuple[int, str]], trees: Collection[str]) -> set[str]:
    """Move into `build_dir` those of the files `wanted`, path → mode and digest, that are there; return which.

    What lies in one of `trees`, which buildpacks take over as wholes, stays where it is.
    """
    found: set[str] = set()
    before = os.umask(UMASK)
    try:
        build_dir.mkdir(exist_ok=True)
        for path, (mode, digest) in wanted.items():
            file = earlier.files.get(path)
            if file is None or file.digest != digest or any(path.startswith(f"{tree}/") for tree in trees):
                continue
            with suppress(OSError):  # gone, or something else by now
                _take(earlier.folder / path, build_dir / path, file, mode)
                found.add(path)
    finally:
        os.umask(before)
    return found


def _take(there: Path, here: Path, file: File, mode: int) -> None:
    state = there.lstat()
    if not file.is_at(state):
        raise FileNotFoundError(str(there))
    here.parent.mkdir(parents=True, exist_ok=True)
    there.rename(here)
    if stat.S_IMODE(state.st_mode) != mode:
        here.chmod(mode)


def keep(build_dir: Path, out: Path, digests: Mapping[str, str]) -> tuple[Mapping[str, File], str]:
    """Record the files of these digests; return the record and its hash.

    No program of the build may run before: whatever it does to them then has a later time.
    """
    files: dict[str, File] = {}
    for path, digest in digests.items():
        state = (build_dir / path).lstat()
        if stat.S_ISREG(state.st_mode):
            files[path] = File(digest, state.st_ino, state.st_ctime_ns)
    if untouched.moment(out / RECORD) is None:
        return {}, ""
    text = json.dumps({path: (file.digest, file.inode, file.changed) for path, file in files.items()}).encode()
    (out / RECORD).write_bytes(text)
    return files, hash_of(text)


def intact(files: Mapping[str, File], found: Entries) -> dict[bytes, str]:
    """Return the digests of those files that are what was sent, by their paths in the list of an app's part."""
    digests: dict[bytes, str] = {}
    for path, file in files.items():
        name = b"./" + os.fsencode(path)
        state = found.get(name)
        if state is not None and file.is_at(state):
            digests[name] = file.digest
    return digests
