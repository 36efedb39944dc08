"""What is restored: a backup of an app, an archive behind a URL, or a file on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import Request, urlopen

from localku import __version__
from localku.context import Context
from localku.errors import CLIENT, Invalid, Kind, LocalkuError
from localku.platform.backups import backup_files, transfers
from localku.records import App
from localku.services.postgres.moving.dumping import MAGIC

SECONDS = 60.0
"""Real ones in which a server has to say something."""

_URL = re.compile(r"https?://", re.IGNORECASE)
_BACKUP = re.compile(r"[abcr]\d+", re.ASCII)


@dataclass(frozen=True)
class Source:
    """`pieces` opens it, each time anew. `size` is 0 where nobody knows it."""

    name: str
    size: int
    pieces: Callable[[], Iterator[bytes]]


def find(context: Context, app: App, asked: str | None) -> Source:
    """Read `b001`, `otherapp::b001`, a URL or a path; without any the app's newest backup."""
    if asked and _URL.match(asked):
        return Source(_shown(asked), 0, partial(_fetched, _direct(asked)))
    if asked and "::" in asked:
        other, _, asked = asked.partition("::")
        found = context.store.apps.named(other)
        if found is None:
            raise LocalkuError(f"Couldn't find that app: {other}.", kind=Kind.NOT_FOUND, resource="app")
        return _backup(context, found, asked)
    if asked is None or _BACKUP.fullmatch(asked):
        return _backup(context, app, asked)
    return _file(Path(asked))


def opened(source: Source) -> Iterator[bytes]:
    """Its pieces, once the first ones are seen to be those of an archive."""
    pieces = source.pieces()
    begin = b""
    while len(begin) < len(MAGIC) and (piece := next(pieces, b"")):
        begin += piece
    if not begin.startswith(MAGIC):
        raise Invalid(
            f"{source.name} is no dump in PostgreSQL's custom format.",
            "`pg_dump -Fc` makes one. SQL text goes through psql: "
            f"`{CLIENT} pg:psql DATABASE_URL < dump.sql`, gunzip it first.",
        )
    return _chained(begin, pieces)


def _chained(begin: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield begin
    yield from rest


def _backup(context: Context, app: App, name: str | None) -> Source:
    one = transfers.good(context, app, name)
    path = backup_files.file(context, app, one)
    return Source(one.name, one.size, lambda: backup_files.pieces(path, one.checksum))


def _file(path: Path) -> Source:
    if not path.is_file():
        raise LocalkuError(
            f"{path} is neither a backup, nor a URL, nor a file.",
            f"`{CLIENT} pg:backups` lists the names of backups.",
            kind=Kind.NOT_FOUND,
        )
    return Source(str(path), path.stat().st_size, lambda: backup_files.pieces(path))


def _shown(url: str) -> str:
    """Without what is secret in it."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _direct(url: str) -> str:
    """The file and not the page about it, as Heroku's CLI asks Dropbox for it."""
    if not re.match(r"https?://www\.dropbox\.com/", url) or url.endswith("dl=1"):
        return url
    return re.sub(r"dl=0$", "dl=1", url) if url.endswith("dl=0") else f"{url}{'&' if '?' in url else '?'}dl=1"


def _fetched(url: str) -> Iterator[bytes]:
    """Raises LocalkuError where not all of it comes."""
    asked = Request(url, headers={"User-Agent": f"localku/{__version__}"})  # noqa: S310 - http or https, as `find` has seen
    try:
        with urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            length, got = answer.headers.get("Content-Length"), 0
            while piece := answer.read1(backup_files.PIECE):
                got += len(piece)
                yield piece
            if length is not None and got != int(length):
                raise LocalkuError(f"{_shown(url)} ended after {got} of {length} bytes.", "Try again.")
    except (URLError, HTTPException, OSError) as error:
        raise LocalkuError(f"{_shown(url)} cannot be fetched: {error}.") from error
