"""Unpacks a tarball that somebody has sent as the source of an app."""

from __future__ import annotations

import tarfile
from pathlib import Path

from localku.errors import Kind, LocalkuError
from localku.project.sources import source_size
from localku.slugs import untar


def unpacked(file: Path, target: Path) -> Path:
    """Return the folder below `target` that is the app. LocalkuError for what is no archive, or too large a one."""
    try:
        with tarfile.open(file) as archive:
            _refuse_too_large(archive)
        with tarfile.open(file) as archive:
            untar.extract(archive, target)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise LocalkuError(
            f"The source cannot be unpacked: {error}.",
            "Send a tar archive of the app.",
            kind=Kind.INVALID,
            resource="build",
        ) from error
    return untar.single_root(target)


def _refuse_too_large(archive: tarfile.TarFile) -> None:
    """Look at sizes before anything is written: a few kilobytes may hold more than the disk does."""
    sizes: dict[str, int] = {}
    total = 0
    for member in archive:
        sizes[member.name] = sizes.get(member.name, 0) + member.size
        total += member.size
        if total > source_size.LIMIT:
            source_size.refuse_too_large(sizes)
