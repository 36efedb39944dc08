"""The app's part of the slug on its way from the build container, where the app's code made it, into the image."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from typing import IO

from localku.errors import CLIENT, LocalkuError
from localku.slugs.values import Identity

PIECE = 1024 * 1024
"""Bytes handed to the engine at once, at least."""


def placed(chunks: Iterator[bytes], folder: str, who: Identity) -> Iterator[bytes]:
    """A tar for `/` of the app.tar that the engine's tar `chunks` holds: all below `folder`, and owned by `who`.

    Links stay as they are, wherever they lead: at `/` the engine takes them all, elsewhere it refuses
    some. LocalkuError for a member that would land outside `folder`, by its name or through a link that
    comes before it, and for what is no tar.
    """
    held = bytearray()
    for piece in _rows(chunks, _Places(folder, who)):
        held += piece
        if len(held) >= PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held)


def _rows(chunks: Iterator[bytes], places: _Places) -> Iterator[bytes]:
    try:
        content = _unwrapped(chunks)
        with tarfile.open(fileobj=content, mode="r|") as archive:
            for member in archive:
                yield places.header(member)
                body = archive.extractfile(member) if member.isreg() else None
                while body is not None and (piece := body.read(PIECE)):
                    yield piece
                yield bytes(-member.size % tarfile.BLOCKSIZE if body is not None else 0)
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise _broken(str(error)) from error
    while content.read(PIECE):  # what tar fills its last block up with
        continue
    yield bytes(2 * tarfile.BLOCKSIZE)


class _Places:
    """Gives each member its place in the image."""

    def __init__(self, folder: str, who: Identity) -> None:
        self._folder = folder
        self._who = who
        self._taken: set[str] = set()
        """Paths of all that is no folder: nothing may come there or below them again."""

    def header(self, member: tarfile.TarInfo) -> bytes:
        path = self._path(member.name)
        self._check(member, path)
        info = tarfile.TarInfo(path)
        info.type = tarfile.REGTYPE if member.isreg() else member.type
        info.size = member.size if member.isreg() else 0
        info.linkname = self._path(member.linkname) if member.islnk() else member.linkname
        info.mode, info.mtime = member.mode & 0o7777, int(member.mtime)
        info.uid, info.gid = self._who.uid, self._who.gid
        return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")

    def _check(self, member: tarfile.TarInfo, path: str) -> None:
        parts = path.split("/")
        if any("/".join(parts[:length]) in self._taken for length in range(1, len(parts) + 1)):
            raise _broken(f"{member.name} comes after a file or link in its place")
        if member.isdir():
            return
        if len(parts) == 1 or not (member.isreg() or member.issym() or member.islnk() or member.isfifo()):
            raise _broken(f"{member.name} is of a kind that no app has")
        if member.islnk() and self._path(member.linkname) not in self._taken:
            raise _broken(f"{member.name} is another name of {member.linkname}, which does not come before it")
        self._taken.add(path)

    def _path(self, name: str) -> str:
        parts = [part for part in name.split("/") if part not in {"", "."}]
        if name.startswith("/") or ".." in parts:
            raise _broken(f"{name} is outside the app's folder")
        return "/".join([self._folder, *parts])


def _broken(reason: str) -> LocalkuError:
    return LocalkuError(f"The build produced a slug that cannot be unpacked: {reason}.", f"Try `{CLIENT} build` again.")


def _unwrapped(chunks: Iterator[bytes]) -> IO[bytes]:
    """The inner app.tar out of the tar the engine wraps a single file in, as a stream."""
    outer = tarfile.open(fileobj=_Chunks(chunks), mode="r|")  # noqa: SIM115
    for member in outer:
        inner = outer.extractfile(member) if member.isreg() else None
        if inner is not None:
            return inner
    raise LocalkuError("The build produced no slug.", f"Try `{CLIENT} build` again.")


class _Chunks(io.RawIOBase):
    """Reads from an iterator of byte strings."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            have += len(chunk)
        data = b"".join(parts)
        cut = len(data) if size < 0 else size
        self._rest = data[cut:]
        return data[:cut]
