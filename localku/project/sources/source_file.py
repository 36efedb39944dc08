"""One file of a source, looked at; and the hash over all of them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.errors import LocalkuError, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localku.project.git.beneath import Beneath

BLOCK = 1 << 18
"""Bytes read at once."""


@dataclass(frozen=True)
class SourceFile:
    """`path` is POSIX, relative to the app, odd bytes as surrogates (`os.fsencode` gives them back).

    `mode` is 0o644, 0o755 or, for a symlink, 0o777; `size` counts bytes (0 for a symlink); `link` is
    the target of a symlink, whether or not it exists. `digest` is that of the content, or of the target.
    """

    path: str
    mode: int
    size: int
    link: str | None = None
    digest: bytes = b""


def measure(below: Beneath, path: str) -> int | None:
    """Its size in bytes, 0 for a symlink; None for what is neither. Raises OSError."""
    info = below.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        return 0
    return info.st_size if stat.S_ISREG(info.st_mode) else None


def look(
    below: Beneath, path: str, read: Callable[[int], None] = lambda _bytes: None, *, most: int | None = None
) -> SourceFile | None:
    """The file as it is now, of one that grows what there is by now; None for what is neither file nor symlink.

    `read` gets the number of bytes of each step; what is after `most` bytes is not looked at. Raises OSError.
    """
    import hashlib

    info = below.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        return linked(path, below.readlink(path))
    if not stat.S_ISREG(info.st_mode):
        return None
    fd = below.open(path)
    try:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            return None
        digest, size = hashlib.blake2b(digest_size=20), 0
        whole = info.st_size if most is None else min(most, info.st_size)
        while block := os.read(fd, min(BLOCK, whole - size)):
            digest.update(block)
            size += len(block)
            read(len(block))
    finally:
        os.close(fd)
    mode = 0o755 if info.st_mode & stat.S_IXUSR else 0o644
    return SourceFile(path, mode, size, None, digest.digest())


def linked(path: str, target: str) -> SourceFile:
    """A symlink."""
    import hashlib

    return SourceFile(path, 0o777, 0, target, hashlib.blake2b(os.fsencode(target), digest_size=20).digest())


def fingerprint(files: Iterable[SourceFile]) -> str:
    """A hash of the paths, modes and contents only of files sorted by path."""
    import hashlib

    total = hashlib.blake2b(digest_size=20)
    for file in files:
        total.update(b"%d\0%b\0%o\0%b\0" % (len(file.path), os.fsencode(file.path), file.mode, file.digest))
    return total.hexdigest()


def shown(path: str) -> str:
    """The path in characters that any terminal can show."""
    return os.fsencode(path).decode(errors="backslashreplace")


def unreadable(path: str, error: OSError) -> LocalkuError:
    name = shown(path)
    hint = f"Every file of the app goes into its slug: make it readable, or list it in .gitignore (`ls -l {name}`)."
    return LocalkuError(f"{name} cannot be read: {error.strerror}.", hint, kind=kind_of(error))
