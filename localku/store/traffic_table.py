"""When each app was last asked for over the web: the time of a file, which a router of any process may touch.

A row in the database would have every router read the app's route again, and could be locked just then.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

MICROSECOND = 1000
"""Nanoseconds."""


class Traffic:
    def __init__(self, home: Path) -> None:
        self._home = home

    def seen(self, app_uuid: str, now: datetime) -> None:
        """Remember that a request came; a disk that is full keeps what it has."""
        file = self._file(app_uuid)
        stamp = round(now.timestamp() * 1_000_000) * MICROSECOND
        try:
            file.touch(exist_ok=True)
            os.utime(file, ns=(stamp, stamp))
        except OSError:
            return

    def last(self, app_uuid: str) -> datetime | None:
        """When the last request came, None when none ever did."""
        try:
            stamp = self._file(app_uuid).stat().st_mtime_ns
        except OSError:
            return None
        return datetime.fromtimestamp(stamp / 1_000_000_000, UTC)

    def _file(self, app_uuid: str) -> Path:
        return self._home / "apps" / app_uuid / "traffic"
