"""A log as somebody who looks at it sees it: all rows, and a line where some were missed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from localku.logs.cursor import BEGINNING, Cursor, Position
from localku.logs.line import LogLine
from localku.logs.line import format as render

if TYPE_CHECKING:
    from localku.clock import Clock


class Reader:
    """A place in a log. Each `read` returns what was added since the one before."""

    def __init__(self, folder: Path, clock: Clock, start: Position = BEGINNING) -> None:
        self._cursor = Cursor(folder, start)
        self._clock = clock
        self._since = clock.now()

    def read(self, limit: int | None = None) -> list[bytes]:
        """Whole rows since the last call, oldest first, without newlines; `limit` at most.

        Rows that were trimmed before this reader came to them are replaced by
        Heroku's L11 line, which says how many they were.
        """
        return [text for text, _ in self.placed(limit)]

    def placed(self, limit: int | None = None) -> list[tuple[bytes, Position]]:
        """The same, each row with the place after it."""
        rows: list[tuple[bytes, Position]] = []
        for row in self._cursor.read(limit):
            if row.lost:
                rows.append((self._overflow(row.lost), row.end))
            rows.append((row.text, row.end))
        return rows

    def close(self) -> None:
        self._cursor.close()

    def _overflow(self, dropped: int) -> bytes:
        since = self._since.isoformat(timespec="seconds")
        text = f"Error L11 (Tail buffer overflow) -> This tail session dropped {dropped} messages since {since}."
        self._since = self._clock.now()
        return render(LogLine(self._since, "heroku", "logplex", text)).encode()
