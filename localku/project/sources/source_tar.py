"""A source as one tar stream, the same bytes for the same files."""

from __future__ import annotations

import os
import stat
import tarfile
from dataclasses import replace
from typing import IO

from localku.errors import Kind, LocalkuError
from localku.project.git.beneath import Beneath
from localku.project.sources.app_source import Source
from localku.project.sources.source_file import BLOCK, SourceFile, fingerprint, look, shown
from localku.project.sources.source_size import Report
from localku.telling import Progress, silent

TRIES = 5
"""How often a file is taken anew that changed between two looks at it."""

MTIME = 315_619_200
"""Seconds: 2 January 1980. Zip archives, wheels among them, cannot hold an earlier time."""


def tar(
    source: Source,
    fileobj: IO[bytes],
    *,
    prefix: str = "",
    uid: int,
    gid: int,
    mtime: int = MTIME,
    progress: Progress = silent,
) -> Source:
    """Write the files of `source`, and the folders they are in, as one uncompressed tar; return what was written.

    That is `source` itself, but for files that changed since: of one that only grew, what there was; any
    other as it is at one moment now; none where it is gone. The fingerprint is that of what was written.

    `fileobj` can seek. `prefix` (`app`) goes before every path; it gets an entry of its own, the folders
    above it do not, so that unpacking at `/` leaves `/tmp` alone. The bytes depend on the files and
    arguments only. Every file has the same `mtime`: a Python that finds an old `__pycache__` beside a file
    changed without changing its size will not notice, so unpack into an empty folder. LocalkuError when
    a file changes faster than it can be read.
    """
    report = Report("Packing the app's files", sum(file.size for file in source.files), progress)
    with Beneath(source.root) as below:
        written = _Tar(fileobj, below, prefix.strip("/"), (uid, gid, mtime), report).write(source.files)
    return replace(source, files=written, fingerprint=fingerprint(written))


class _Tar:
    def __init__(
        self, fileobj: IO[bytes], below: Beneath, base: str, owner: tuple[int, int, int], report: Report
    ) -> None:
        self._file = fileobj
        self._below = below
        self._base = base
        self._uid, self._gid, self._mtime = owner
        self._report = report
        self._folders: set[str] = set()
        self._links: set[str] = set()

    def write(self, files: tuple[SourceFile, ...]) -> tuple[SourceFile, ...]:
        if self._base:
            self._header("", tarfile.DIRTYPE, 0o755)
        written = tuple(sent for file in files if (sent := self._add(file)) is not None)
        self._file.write(bytes(2 * tarfile.BLOCKSIZE))
        return written

    def _add(self, file: SourceFile) -> SourceFile | None:
        """Write the file, as it was or as it is by now; return it, or None where it is gone."""
        start, parents, now = self._file.tell(), _parents(file.path), file
        if not self._links.isdisjoint(parents):  # unpacking would follow it
            return None
        fresh = [folder for folder in parents if folder not in self._folders]
        for _ in range(TRIES):
            if self._wrote(now, fresh):
                return now
            self._file.seek(start)
            self._file.truncate()
            self._below.afresh()
            seen = self._again(file)
            if seen is None:
                self._folders.difference_update(fresh)
                return None
            now = seen
        raise _restless(file)

    def _again(self, file: SourceFile) -> SourceFile | None:
        try:
            info = self._below.lstat(file.path)
            if stat.S_ISDIR(info.st_mode):  # the files in it are none of ours yet
                raise _restless(file)
            now = look(self._below, file.path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _restless(file) from error
        return now if now is None or now.link is not None else replace(now, mode=file.mode)

    def _wrote(self, file: SourceFile, folders: list[str]) -> bool:
        """Write its entry, and those of `folders` before it. False: it is not the file that was looked at."""
        for folder in folders:
            self._header(folder, tarfile.DIRTYPE, 0o755)
        self._folders.update(folders)
        if file.link is not None:
            self._links.add(file.path)
            self._header(file.path, tarfile.SYMTYPE, file.mode, link=file.link)
            return True
        self._header(file.path, tarfile.REGTYPE, file.mode, size=file.size)
        return self._copied(file)

    def _header(self, path: str, kind: bytes, mode: int, *, size: int = 0, link: str = "") -> None:
        info = tarfile.TarInfo("/".join(part for part in (self._base, path) if part))
        info.type, info.mode, info.uid, info.gid, info.mtime = kind, mode, self._uid, self._gid, self._mtime
        info.size, info.linkname = size, link
        self._file.write(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape"))

    def _copied(self, file: SourceFile) -> bool:
        """Write `file.size` bytes, filled up to whole blocks, and tell whether they are the file's."""
        import hashlib

        digest, left = hashlib.blake2b(digest_size=20), file.size
        try:
            fd = self._below.open(file.path)
        except OSError:
            return False
        try:
            while left > 0 and stat.S_ISREG(os.fstat(fd).st_mode) and (block := os.read(fd, min(left, BLOCK))):
                self._file.write(block)
                digest.update(block)
                left -= len(block)
                self._report(len(block))
        except OSError:
            return False
        finally:
            os.close(fd)
        self._file.write(bytes(-file.size % tarfile.BLOCKSIZE))
        return left == 0 and digest.digest() == file.digest


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: index + 1]) for index in range(len(parts))]


def _restless(file: SourceFile) -> LocalkuError:
    return LocalkuError(
        f"{shown(file.path)} changes faster than it can be packed.",
        "Stop what writes it while the app is built, or list it in .gitignore or .slugignore if the app needs it not.",
        kind=Kind.CONFLICT,
    )
