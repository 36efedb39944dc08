"""Keeps what slugs have in /app: an image never changes, and reading one takes as long as reading all its files."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path

from localku.ephemeral.compare import Slug, SlugFile

KEPT = 6
"""So many listings stay per app: those of the slugs that are kept for a rollback, and the newest."""


class SlugListings:
    """One file an image, below `folder`; whoever writes one takes the oldest away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, image: str) -> Slug | None:
        """Return the listing of the image with this id; None where there is none, or none that can be read."""
        try:
            rows = json.loads(self._file(image).read_text())
            return {path: SlugFile(*row) for path, row in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def keep(self, image: str, slug: Slug) -> None:
        """Keep a listing, in one step; where the disk does not take it the next look reads the image again."""
        rows = {path: (one.type, one.size, one.modified, one.content) for path, one in slug.items()}
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._folder, delete=False) as fresh:
                try:
                    json.dump(rows, fresh)
                    fresh.flush()
                    Path(fresh.name).replace(self._file(image))
                except BaseException:
                    Path(fresh.name).unlink(missing_ok=True)
                    raise
            self._prune(image)

    def _prune(self, newest: str) -> None:
        others = [file for file in self._folder.iterdir() if file != self._file(newest)]
        for old in sorted(others, key=lambda file: file.stat().st_mtime)[: 1 - KEPT]:
            old.unlink(missing_ok=True)

    def _file(self, image: str) -> Path:
        return self._folder / f"{image.rpartition(':')[2]}.json"
