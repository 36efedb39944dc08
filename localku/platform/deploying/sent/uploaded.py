"""Unpacks a tarball that somebody has sent as the source of an app."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from localku.errors import Kind, LocalkuError
from localku.project.sources import source_size
from localku.slugs import untar

MOST_ENTRIES = 500_000
"""Files, folders and links of one source (own)."""

LONGEST_READ = 2**20
"""Bytes that are taken at once. Only a header asks for more: long names are read whole."""

_PACKED = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))
"""What archives begin with, and how such are opened."""

_BROKEN = (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError, ValueError)
"""All that reading somebody's archive can raise."""


def unpacked(file: Path, target: Path) -> Path:
    """Return the folder below `target` that is the app. LocalkuError for what is no archive, or too large a one."""
    try:
        with _opened(file) as archive:
            _refuse_too_large(archive)
        with _opened(file) as archive:
            untar.extract(archive, target)
    except _BROKEN as error:
        raise LocalkuError(
            f"The source cannot be unpacked: {error}.",
            "Send a tar archive of the app.",
            kind=Kind.INVALID,
            resource="build",
        ) from error
    return untar.single_root(target)


class _Bounded:
    """A file of which no more is read at once than an archive in order needs."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LONGEST_READ:
            raise tarfile.TarError("a name or a header in it has no reasonable length")
        return self._file.read(size)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    with file.open("rb") as raw:
        start = raw.read(6)
        raw.seek(0)
        opener = next((one for magic, one in _PACKED if start.startswith(magic)), None)
        plain = cast("BinaryIO", opener(raw)) if opener else raw
        with plain, tarfile.open(fileobj=cast("BinaryIO", _Bounded(plain)), mode="r:") as archive:
            yield archive


def _refuse_too_large(archive: tarfile.TarFile) -> None:
    """Look at sizes before anything is written: a few kilobytes may hold more than the disk does."""
    sizes: dict[str, int] = {}
    total = 0
    for number, member in enumerate(archive):
        if number >= MOST_ENTRIES:
            raise tarfile.TarError(f"it has more than {MOST_ENTRIES:,} entries")
        sizes[member.name] = sizes.get(member.name, 0) + member.size
        total += member.size
        if total > source_size.LIMIT:
            source_size.refuse_too_large(sizes)
