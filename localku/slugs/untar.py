"""Unpacking an archive of somebody else's so that nothing lands outside its folder."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any


def extract(archive: tarfile.TarFile, target: Path) -> None:
    """Unpack below `target`; raise TarError for a member that would leave it.

    A link is made as it is, wherever it leads: it does so in the build container only, and nothing is
    unpacked through it here.
    """
    trusted: dict[str, Any] = {"filter": "fully_trusted"} if hasattr(tarfile, "data_filter") else {}
    for member in archive:
        _refuse_escape(member, target)
        archive.extract(member, target, set_attrs=False, **trusted)  # whose it is, and since when, means nothing here
        if member.isreg() or member.isdir():
            (target / member.name).chmod(_tame(member))


def _refuse_escape(member: tarfile.TarInfo, target: Path) -> None:
    names = [member.name, member.linkname] if member.islnk() else [member.name]
    inside = not any(name.startswith("/") or ".." in name.split("/") for name in names)
    if not inside or any(_behind_a_link(name, target) for name in names):
        raise tarfile.TarError(f"{member.name} does not belong into a folder of its own")
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        raise tarfile.TarError(f"{member.name} is neither a file nor a folder nor a link")


def _behind_a_link(name: str, target: Path) -> bool:
    """Whether a part of the path is a link already; the last one, too, for it would be written through."""
    place = target
    for part in name.split("/"):
        place /= part
        if place.is_symlink():
            return True
    return False


def _tame(member: tarfile.TarInfo) -> int:
    """Its mode, such that its owner can work with it and nobody gains anything."""
    return (member.mode & 0o755) | (0o700 if member.isdir() else 0o600)


def single_root(folder: Path) -> Path:
    """Step into the one folder GitHub's tarballs wrap everything in."""
    entries = list(folder.iterdir())
    wraps = len(entries) == 1 and entries[0].is_dir() and not entries[0].is_symlink() and entries[0].name != "bin"
    return entries[0] if wraps else folder
