"""Sources that clients send ahead of a build (`POST /sources`): files in `sources/` of the state folder, for a day."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from localku.context import Context
from localku.errors import Invalid, Kind, LocalkuError
from localku.project.sources import source_size

GOOD_FOR = timedelta(days=1)
"""Of a source, and of the links to it (own)."""

MOST_BYTES = source_size.LIMIT
"""Of a tarball as it is sent: what is packed is no larger than what Heroku takes unpacked."""


def new(context: Context) -> str:
    """Return the id of a source that nobody has sent yet; those of before yesterday are removed."""
    _forget_old(context)
    return str(uuid.uuid4())


def file(context: Context, ident: str) -> Path:
    """Return what was sent. Raises LocalkuError where nothing was, or a day ago."""
    found = _folder(context) / ident
    if not found.is_file():
        raise LocalkuError(
            "Nothing was sent to this source.",
            "Send the tarball to its put_url.",
            kind=Kind.NOT_FOUND,
            resource="source",
        )
    return found


class Arriving:
    """Takes a source in pieces; it has its name when it is whole. Leave it by an exception and nothing is kept."""

    def __init__(self, context: Context, ident: str) -> None:
        self._file = _folder(context) / ident
        self._draft = self._file.with_name(f"{ident}.{uuid.uuid4().hex[:8]}.part")
        self._room = MOST_BYTES

    def __enter__(self) -> Self:
        self._file.parent.mkdir(mode=0o700, exist_ok=True)
        self._opened = self._draft.open("xb")
        return self

    def write(self, piece: bytes) -> None:
        """Raises LocalkuError where it becomes too large."""
        self._room -= len(piece)
        if self._room < 0:
            raise Invalid(f"A source has {source_size.megabytes(MOST_BYTES)} at most.", resource="source")
        self._opened.write(piece)

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._opened.close()
        if kind is None:
            self._draft.replace(self._file)
        self._draft.unlink(missing_ok=True)


def _forget_old(context: Context) -> None:
    with suppress(FileNotFoundError):
        for one in os.scandir(_folder(context)):
            if context.clock.now().timestamp() - one.stat().st_mtime > GOOD_FOR.total_seconds():
                Path(one.path).unlink(missing_ok=True)


def _folder(context: Context) -> Path:
    return context.home / "sources"
