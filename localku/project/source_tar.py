"""A source as one tar stream, the same bytes for the same files."""

from __future__ import annotations

import os
import stat
import tarfile
from typing import IO

from localku.errors import LocalkuError
from localku.project.source import Source, SourceFile

_BUFFER = 1 << 18

MTIME = 315_619_200
"""Seconds: 2 January 1980. Zip archives, wheels among them, cannot hold an earlier time."""


def tar(source: Source, fileobj: IO[bytes], *, prefix: str = "", uid: int, gid: int, mtime: int = MTIME) -> None:
    """Write the files of `source`, and the folders they are in, as one uncompressed tar.

    Only `fileobj.write` is used. `prefix` (`app`) goes before every path; it gets an entry of its own,
    the folders above it do not, so that unpacking at `/` leaves `/tmp` alone. The bytes depend on the
    files and arguments only. Every file has the same `mtime`: a Python that finds an old
    `__pycache__` beside a file changed without changing its size will not notice, so unpack into an
    empty folder. LocalkuError when a file changes or goes while it is read.
    """
    base = prefix.strip("/")
    out = _Buffered(fileobj)

    def entry(path: str, kind: bytes, mode: int, *, size: int = 0, link: str = "") -> None:
        info = tarfile.TarInfo("/".join(part for part in (base, path) if part))
        info.type, info.mode, info.uid, info.gid, info.mtime = kind, mode, uid, gid, mtime
        info.size, info.linkname = size, link
        out.write(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape"))

    written = set()
    if base:
        entry("", tarfile.DIRTYPE, 0o755)
    for file in source.files:
        for folder in _parents(file.path):
            if folder not in written:
                written.add(folder)
                entry(folder, tarfile.DIRTYPE, 0o755)
        if file.link is not None:
            entry(file.path, tarfile.SYMTYPE, file.mode, link=file.link)
        else:
            entry(file.path, tarfile.REGTYPE, file.mode, size=file.size)
            _copy(f"{source.root}/{file.path}", file, out)
    out.write(bytes(2 * tarfile.BLOCKSIZE))
    out.flush()


class _Buffered:
    """Gathers small writes. Unlike `io.BufferedWriter` it writes nothing more once it is dropped."""

    def __init__(self, fileobj: IO[bytes]) -> None:
        self._fileobj = fileobj
        self._held = bytearray()

    def write(self, block: bytes) -> None:
        self._held += block
        if len(self._held) >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        self._fileobj.write(bytes(self._held))
        self._held.clear()


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: index + 1]) for index in range(len(parts))]


def _copy(path: str, file: SourceFile, out: _Buffered) -> None:
    """Write exactly `file.size` bytes, filled up to whole blocks."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _changed(file) from error
    try:
        left = file.size if stat.S_ISREG(os.fstat(fd).st_mode) else -1
        while left > 0 and (block := os.read(fd, min(left, _BUFFER))):
            out.write(block)
            left -= len(block)
        if left != 0 or os.read(fd, 1):
            raise _changed(file)
    except OSError as error:
        raise _changed(file) from error
    finally:
        os.close(fd)
    out.write(bytes(-file.size % tarfile.BLOCKSIZE))


def _changed(file: SourceFile) -> LocalkuError:
    shown = os.fsencode(file.path).decode(errors="backslashreplace")
    return LocalkuError(f"{shown} changed while it was packed.", "Try again once nothing else changes it.")
