"""How large an app's part of a slug is when it is compressed, without compressing all of a large one.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from localku.slugs.inside.app_part import Entries

ENOUGH = 2 * 1024 * 1024
"""Bytes that are compressed of a larger one; which takes 30 ms."""

PIECE = 16 * 1024

EXACT_FROM = 512 * 1024 * 1024
"""Compressed bytes from which on an estimate will not do: with the dependencies, a slug's limit of 1 GB is near."""

GZIP = 31
"""zlib's number for a gzip stream."""


def compressed(build_dir: Path, entries: Entries) -> int:
    """Return the bytes of `tar | gzip -1`. Of more than ENOUGH, pieces from all over it stand for the rest."""
    every = max(1, sum(_size(found) for found in entries.values()) // ENOUGH)
    found = _of_pieces(build_dir, entries, every)
    return found if every == 1 or found < EXACT_FROM else _of_pieces(build_dir, entries, 1)


def _of_pieces(build_dir: Path, entries: Entries, every: int) -> int:
    gzip, size, taken, seen = zlib.compressobj(1, zlib.DEFLATED, GZIP), 0, 0, 0
    for path, found in entries.items():
        for start, length in _pieces(_size(found)):
            if taken * every <= seen:
                piece = _piece(os.path.join(os.fsencode(build_dir), path), found, start, length)  # noqa: PTH118 (bytes)
                size += len(gzip.compress(piece))
                taken += length
            seen += length
    size += len(gzip.flush())
    return size if every == 1 else size * seen // taken


def _size(found: os.stat_result) -> int:
    """Return the bytes it takes in a tar."""
    content = found.st_size if stat.S_ISREG(found.st_mode) else 0
    return tarfile.BLOCKSIZE + content + -content % tarfile.BLOCKSIZE


def _pieces(size: int) -> Iterator[tuple[int, int]]:
    return ((start, min(PIECE, size - start)) for start in range(0, size, PIECE))


def _piece(path: bytes, found: os.stat_result, start: int, length: int) -> bytes:
    """Return a piece of what a tar has of it, its header first."""
    header = b"" if start else _header(path, found)
    if not stat.S_ISREG(found.st_mode):
        return header
    with open(path, "rb") as file:  # noqa: PTH123 (bytes)
        file.seek(max(0, start - tarfile.BLOCKSIZE))
        return (header + file.read(length - len(header))).ljust(length, b"\0")


def _header(path: bytes, found: os.stat_result) -> bytes:
    info = tarfile.TarInfo(os.fsdecode(os.path.basename(path))[:100])  # noqa: PTH119 (bytes)
    info.size = found.st_size if stat.S_ISREG(found.st_mode) else 0
    info.mode, info.mtime = stat.S_IMODE(found.st_mode), int(found.st_mtime)
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")[: tarfile.BLOCKSIZE]
