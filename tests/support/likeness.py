"""Whether two slugs are equal, file by file: kind, mode, target of links, content.

Four things cannot be equal, and are no difference:

- the place that a build ran in, where a file names it (such as a script in its first line);
- in direct_url.json (PEP 610) the name of the build folder that pip has installed a wheel of the source from;
- in compiled Python (.pyc) the four bytes of the time of the source, which is when pip wrote it; instead it is
  compared whether they are right (PEP 552), for where they are not Python compiles again;
- in a RECORD of pip the checksum of a file that names such a place.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import struct
from pathlib import Path

Slug = dict[str, tuple[str, ...]]

_RECORDED = re.compile(rb"^(\.\./[^\n,]*bin/[^\n,]*|[^\n,]*direct_url\.json),sha256=[^\n,]*", re.MULTILINE)


def slug(folder: Path, place: re.Pattern[bytes]) -> Slug:
    """Return path → kind, mode and what it holds; `place` is what of a path tells one build from another."""
    found: Slug = {}
    for path, entry in _entries(folder):
        mode = entry.lstat().st_mode
        if stat.S_ISLNK(mode):
            found[path] = ("link", os.fsdecode(place.sub(b"", os.fsencode(entry.readlink()))))
        elif stat.S_ISDIR(mode):
            found[path] = ("folder", f"{mode:o}")
        else:
            content = place.sub(b"", _timeless(entry))
            found[path] = ("file", f"{mode:o}", hashlib.sha256(content).hexdigest(), _shown(content))
    return found


def exact(folder: Path, names: list[str]) -> Slug:
    """Return all of the folders `names`, with the time of each file and nothing left out."""
    found: Slug = {}
    for name in names:
        for path, entry in _entries(folder / name):
            state = entry.lstat()
            told = (f"{state.st_mode:o}", str(state.st_mtime_ns))
            if entry.is_symlink():
                found[f"{name}/{path}"] = (told[0], str(entry.readlink()))
            elif entry.is_dir():
                found[f"{name}/{path}"] = told[:1]
            else:
                found[f"{name}/{path}"] = (*told, hashlib.sha256(entry.read_bytes()).hexdigest())
    return found


def differences(one: Slug, other: Slug) -> list[str]:
    paths = sorted(one.keys() | other.keys())
    return [f"{path}: {one.get(path)} / {other.get(path)}" for path in paths if one.get(path) != other.get(path)]


def _entries(folder: Path) -> list[tuple[str, Path]]:
    return sorted((str(each.relative_to(folder)), each) for each in folder.rglob("*"))


def _timeless(file: Path) -> bytes:
    content = file.read_bytes()
    if file.suffix == ".pyc" and len(content) >= 16 and content[4:8] == b"\0\0\0\0":
        source = file.parent.parent / f"{file.name.partition('.')[0]}.py"
        (time,) = struct.unpack("<I", content[8:12])
        right = source.is_file() and int(source.stat().st_mtime) & 0xFFFFFFFF == time
        return content[:8] + (b"good" if right else b"late") + content[12:]
    if file.name == "direct_url.json":
        return re.sub(rb"(?<=/build_)\w+", b"", content)
    if file.name == "RECORD":
        return _RECORDED.sub(rb"\1,", content)
    return content


def _shown(content: bytes) -> str:
    """Return what a failure prints of a file."""
    return content.decode(errors="replace") if len(content) < 300 else ""
