"""Unpacking an archive of somebody else's so that nothing lands outside its folder."""

from __future__ import annotations

import tarfile
from pathlib import Path


def extract(archive: tarfile.TarFile, target: Path) -> None:
    """Unpack below `target`; raise TarError for a member that would leave it."""
    if hasattr(tarfile, "data_filter"):
        archive.extractall(target, filter="data")
        return
    for member in archive:  # Debian 12's Python 3.11.2 has no filters yet
        _refuse_escape(member, target.resolve())
        archive.extract(member, target, set_attrs=not member.issym())


def _refuse_escape(member: tarfile.TarInfo, root: Path) -> None:
    place = (root / member.name).resolve()
    link = member.linkname if member.islnk() else str(Path(member.name).parent / member.linkname)
    leads_to = (root / link).resolve() if member.issym() or member.islnk() else place
    inside = place.is_relative_to(root) and leads_to.is_relative_to(root)
    if not inside or not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        raise tarfile.TarError(f"{member.name} does not belong into a folder of its own")
