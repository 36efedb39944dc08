"""Tar archives made in memory, for what goes into a container before it starts."""

from __future__ import annotations

import io
import tarfile
import time
from pathlib import Path


class Archive:
    """Collects files and folders of one archive; paths are relative to where it will be unpacked."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._buffer, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._now = int(time.time())

    def folder(self, path: str, *, uid: int = 0, gid: int = 0, mode: int = 0o755) -> None:
        info = self._info(path, uid, gid, mode)
        info.type = tarfile.DIRTYPE
        self._tar.addfile(info)

    def file(self, path: str, content: bytes, *, uid: int = 0, gid: int = 0, mode: int = 0o644) -> None:
        info = self._info(path, uid, gid, mode)
        info.size = len(content)
        self._tar.addfile(info, io.BytesIO(content))

    def tree(self, path: str, source: Path, *, uid: int, gid: int) -> None:
        """Everything below `source`, but for version control and bytecode; links in it as links."""

        def owned(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
            parts = info.name.split("/")
            if ".git" in parts or "__pycache__" in parts:
                return None
            info.uid, info.gid, info.uname, info.gname = uid, gid, "", ""
            return info

        self._tar.add(source.resolve(), arcname=path, filter=owned)

    def bytes(self) -> bytes:
        self._tar.close()
        return self._buffer.getvalue()

    def _info(self, path: str, uid: int, gid: int, mode: int) -> tarfile.TarInfo:
        info = tarfile.TarInfo(path)
        info.uid, info.gid, info.mode, info.mtime = uid, gid, mode, self._now
        return info


def read_file(chunks: bytes) -> bytes:
    """Return the content of the first file in a tar archive, as the engine hands out single files."""
    with tarfile.open(fileobj=io.BytesIO(chunks)) as tar:
        for member in tar:
            extracted = tar.extractfile(member)
            if extracted is not None:
                return extracted.read()
    return b""
