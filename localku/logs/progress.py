"""How far somebody has read the log, such as a drain's receiver: a small file that outlives `kill -9`."""

from __future__ import annotations

import contextlib
from pathlib import Path

from localku.logs.cursor import Position


class Progress:
    """The file `folder/IDENT`, replaced in one step."""

    def __init__(self, folder: Path, ident: str) -> None:
        self._file = folder / ident

    def load(self) -> Position | None:
        """The place after the last line they have; None where that is not known."""
        try:
            return Position(*map(int, self._file.read_text().split()))
        except (FileNotFoundError, TypeError, ValueError):
            return None

    def save(self, position: Position) -> None:
        """Keep a place; raises OSError where the disk does not take it, or what `folder` is in is gone."""
        with contextlib.suppress(FileExistsError):
            self._file.parent.mkdir(mode=0o700)
        written = self._file.with_suffix(".new")
        written.write_text(f"{position.segment} {position.offset} {position.row}\n")
        written.replace(self._file)

    def forget(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._file.unlink()
