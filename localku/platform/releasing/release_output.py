"""What a release command printed, kept beside the app's log and longer than that: `releases/vN.log`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from localku.context import Context
from localku.platform.releasing.release_files import folder
from localku.records import App, Release
from localku.states import ReleaseStatus

MAXIMUM = 1024 * 1024
"""Bytes kept of one release's output (own: Heroku's figure is not known)."""

KEPT = 50
"""Releases of an app whose output is kept (own)."""

CUT = b"\n[more than %d bytes: the rest is not kept]\n"
CHUNK = 65536
LOOK = 0.1
"""Seconds between two looks at the output of a release command that still runs."""


class Output:
    """Takes what the release command prints, as it prints it; the first `MAXIMUM` bytes stay."""

    def __init__(self, context: Context, app: App, version: int) -> None:
        self._folder = folder(context, app)
        self._file: BinaryIO = _file(self._folder, version).open("wb", buffering=0)
        self._room = MAXIMUM

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()
        for old in sorted(self._folder.glob("v*.log"), key=_version)[:-KEPT]:
            old.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Keep a chunk, as far as there is room; a full disk costs the output and not the release."""
        if self._room <= 0:
            return
        kept = chunk[: self._room]
        self._room -= len(kept)
        with suppress(OSError):
            self._file.write(kept if self._room > 0 else kept + CUT % MAXIMUM)


def read(context: Context, app: App, release: Release) -> Iterator[bytes] | None:
    """The output in pieces, and new ones while the release command runs; None where there is none.

    Nothing (b"") comes after a look that finds no more.
    """
    file = _file(folder(context, app), release.version)
    return _pieces(context, app, file, release.version) if file.is_file() else None


def versions(context: Context, app: App) -> frozenset[int]:
    """Of the releases of which there is any to read."""
    return frozenset(_version(one) for one in folder(context, app).glob("v*.log"))


def _pieces(context: Context, app: App, file: Path, version: int) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while True:
            is_running = context.store.releases.version(app, version).status == ReleaseStatus.PENDING
            while chunk := stream.read(CHUNK):
                yield chunk
            if not is_running:
                return
            context.clock.sleep(LOOK)
            yield b""


def _file(place: Path, version: int) -> Path:
    return place / f"v{version}.log"


def _version(file: Path) -> int:
    return int(file.stem[1:])
