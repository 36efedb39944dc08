"""What a slug has in /app, read out of its image."""

from __future__ import annotations

import hashlib
import io
import secrets
import tarfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, cast

from localku import locks
from localku.engine import labels
from localku.engine.engine_errors import NotFound
from localku.engine.spec import ContainerSpec
from localku.ephemeral.change import HOME
from localku.ephemeral.compare import Slug, SlugFile
from localku.ephemeral.slug_listing import SlugListings
from localku.errors import CLIENT, Kind, LocalkuError

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App

CHUNK = 1 << 18


def listed(context: Context, app: App, image: str) -> Slug:
    """Path by path, /app itself among them; read once for each image. Raise LocalkuError when the image is gone."""
    found = context.engine.images.find(image)
    if found is None:
        raise _gone(image)
    kept = SlugListings(context.store.folder(app) / "slugs")
    slug = kept.find(found.id)
    if slug is None:
        with locks.waited(context.store.folder(app) / "look.lock"):
            slug = kept.find(found.id)  # somebody else may just have read it
            if slug is None:
                slug = _looked_at(context, app, found.id)
                kept.keep(found.id, slug)
    return slug


def _looked_at(context: Context, app: App, image: str) -> Slug:
    """Read it out of a container that never runs: the engine gives files of containers alone."""
    containers = context.engine.containers
    for left in context.containers(app, labels.ROLE_LOOK):  # of one that was killed and has the lock no more
        containers.remove(left.id)
    name = f"localku-look-{app.name}-{secrets.token_hex(4)}"
    try:
        container = containers.create(
            ContainerSpec(image=image, name=name, labels=context.labels(app, labels.ROLE_LOOK))
        )
    except NotFound as error:
        raise _gone(image) from error
    try:
        return _read(containers.get(container, HOME))
    finally:
        containers.remove(container)


def _gone(image: str) -> LocalkuError:
    return LocalkuError(
        f"The image {image} is gone from the engine, so what its dynos changed is unknown.",
        f"`{CLIENT} build` creates it again.",
        kind=Kind.NOT_FOUND,
        resource="slug",
    )


def _read(chunks: Iterator[bytes]) -> Slug:
    found: dict[str, SlugFile] = {}
    with tarfile.open(fileobj=io.BufferedReader(_Stream(chunks), CHUNK), mode="r|", bufsize=CHUNK) as archive:
        for member in archive:
            path = f"/{member.name.strip('/')}"
            if member.isfile():
                digest = _digest(cast("IO[bytes]", archive.extractfile(member)))
                found[path] = SlugFile("f", member.size, member.mtime, digest)
            elif member.islnk():  # a second name of a file before it
                found[path] = found[f"/{member.linkname.strip('/')}"]
            elif member.issym():
                found[path] = SlugFile("l", 0, member.mtime, member.linkname)
            else:
                found[path] = SlugFile("d" if member.isdir() else "p", 0, member.mtime, "")
    return found


def _digest(file: IO[bytes]) -> str:
    found = hashlib.sha1(usedforsecurity=False)
    while chunk := file.read(CHUNK):
        found.update(chunk)
    return found.hexdigest()


class _Stream(io.RawIOBase):
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = next(self._chunks, b"")
        taken = min(len(into), len(self._rest))
        into[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken
