"""What is kept outside of an app's builds, so that the next one writes, and a large one is sent, only what has changed.

Where it is lost, or the volume does not have what it speaks of, all is sent and written again.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from localku.slugs.building.parcel import BaseImage

FILE = "last-build.json"
"""The file's name in the app's folder of the state folder."""


@dataclass(frozen=True)
class Known:
    """`build` was the last one to get a large source, `record` is the hash of what the volume says of that."""

    build: str = ""
    record: str = ""
    base: BaseImage | None = None


class LastBuilds:
    """Of one app, whose folder in the state folder this is. Call with the app's build lock held."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def known(self) -> Known:
        try:
            fields: dict[str, Any] = json.loads(self._file.read_text())
            base = fields.pop("base")
            return Known(**fields, base=BaseImage(**base) if base else None)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return Known()

    def received(self, build: str, record: str) -> None:
        self._keep(replace(self.known(), build=build, record=record))

    def built(self, base: BaseImage) -> None:
        self._keep(replace(self.known(), base=base))

    def _keep(self, known: Known) -> None:
        """Keep it, in one step. Where the disk does not take it nothing is known."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._file.parent, delete=False) as fresh:
                try:
                    json.dump(asdict(known), fresh)
                    fresh.flush()
                    Path(fresh.name).replace(self._file)
                except BaseException:
                    Path(fresh.name).unlink(missing_ok=True)
                    raise
