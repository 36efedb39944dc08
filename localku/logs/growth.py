"""Whether a log has grown, at the price of one `stat` while it has not."""

from __future__ import annotations

import os
from pathlib import Path

from localku.logs.segments import SEGMENT_BYTES, numbers, path


class Growth:
    """Remembers the newest segment as it was last seen. A full one is followed by another, and never written again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._newest: Path | None = None
        self._seen = (0, 0)

    def since_last_look(self) -> bool:
        """Whether anything was written, or the log begun anew; True at the first look at a log that exists."""
        now = self._look()
        if now == self._seen and now != (0, 0) and now[1] < SEGMENT_BYTES:
            return False
        existing = numbers(self._folder)
        self._newest = path(self._folder, existing[-1]) if existing else None
        before, self._seen = self._seen, self._look()
        return self._seen != before

    def _look(self) -> tuple[int, int]:
        """Which file it is, and its size; zeros where there is none."""
        if self._newest is None:
            return 0, 0
        try:
            found = os.stat(self._newest)  # noqa: PTH116 - half of what Path.stat takes
        except FileNotFoundError:
            return 0, 0
        return found.st_ino, found.st_size
