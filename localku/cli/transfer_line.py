"""The line that says how far a transfer is: `Backing up DATABASE to b001... 2.57MB`, at its end `done`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from localku.cli.terminal import note
from localku.neutral import encodable, neutral

if TYPE_CHECKING:
    from localku.transfer_records import Transfer

EVERY = 0.2
"""Seconds between two drawings of the line."""

WIDTH = 30


class TransferLine:
    """Only on a terminal is it drawn before the end. `total` is how many bytes there will be, as far as one knows."""

    def __init__(self, text: str, total: int = 0) -> None:
        self._text = text
        self._total = total
        self._name = ""
        self._begun = False
        self._drawn = 0.0

    def moved(self, transfer: Transfer, count: int) -> None:
        """Hear how much has come through."""
        self._name = transfer.name
        self.count(count)

    def count(self, count: int) -> None:
        """Hear how much has come through of what has no name."""
        self._begun = True
        now = time.monotonic()
        if sys.stderr.isatty() and now - self._drawn >= EVERY:
            self._drawn = now
            self._draw(f"{self._share(count)}{_size(count)}")

    def expect(self, total: int) -> None:
        self._total = total

    @contextmanager
    def shown(self) -> Iterator[None]:
        """End the line with `done`, or with `!` where the block raises."""
        try:
            yield
        except BaseException:
            self._end("!")
            raise
        self._end("done")

    def _share(self, count: int) -> str:
        if not self._total:
            return ""
        share = min(count / self._total, 0.99)
        return f"|{'█' * round(share * WIDTH):░<{WIDTH}}| {share:4.0%} "

    def _draw(self, rest: str) -> None:
        text = f"{neutral(self._text.format(name=self._name))}... {rest}"
        sys.stderr.write(f"\r\x1b[K{encodable(text, sys.stderr)}")
        sys.stderr.flush()

    def _end(self, word: str) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
        if self._begun:
            note(f"{self._text.format(name=self._name)}... {word}")


def _size(count: int) -> str:
    from localku.platform.backups.transfer_views import size

    return size(count)
