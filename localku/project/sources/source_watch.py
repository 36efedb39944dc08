"""Which changes in an app's folder concern its source."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.project.git import git_folder
from localku.project.git.beneath import Beneath
from localku.project.sources import slugignore
from localku.project.sources.source import JUNK
from localku.project.sources.source_file import SourceFile, look

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RESTLESS = 3
"""How many builds in a row a file may cause that does nothing but grow, and while they are on, too."""


class SourceWatch:
    """Remembers from one look to the next what was source, so that it knows a deleted file's worth."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._listed = self._list()
        self._seen: dict[str, tuple[int, SourceFile | None]] = {}

    def concerning(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of the changed `paths`, relative to the root, that a build would take, or would have taken.

        Neither what git or .slugignore ignores nor, where there is no git, `JUNK`. LocalkuError when
        .slugignore cannot be read.
        """
        before, self._listed = self._listed, self._list()
        dropped = slugignore.matcher(slugignore.read(self._root) or "")
        return frozenset(path for path in paths if not dropped(path) and self._is_source(path, before))

    def growing(self, paths: frozenset[str], *, at_once: bool) -> str | None:
        """The one changed path where it is a log: it alone changed `RESTLESS` times in a row, and only grew.

        `at_once`: it did so before what the last change had caused was over.
        """
        only = next(iter(paths)) if len(paths) == 1 else ""
        times, before = self._seen.get(only, (0, None))
        if not at_once or before is None or not self._starts_as(before):
            times = 0
        self._seen = {only: (times + 1, self._look(only))}
        return only if times >= RESTLESS else None

    def _list(self) -> frozenset[str] | None:
        try:
            listing = git_folder.listing(self._root)
        except LocalkuError:  # the build says why
            return None
        return None if listing is None else frozenset((*listing.tracked, *listing.untracked))

    def _is_source(self, path: str, before: frozenset[str] | None) -> bool:
        if self._listed is None or before is None:
            return JUNK.isdisjoint(path.split("/"))
        known = before | self._listed
        return path in known or any(name.startswith(f"{path}/") for name in known)

    def _look(self, path: str) -> SourceFile | None:
        try:
            with Beneath(self._root) as below:
                return look(below, path)
        except OSError:  # it is gone again
            return None

    def _starts_as(self, before: SourceFile) -> bool:
        """Whether the file is still what it was, and perhaps longer."""
        try:
            with Beneath(self._root) as below:
                now = look(below, before.path, most=before.size)
        except OSError:
            return False
        return now is not None and now.link is None and now.digest == before.digest


def is_output_of(streams: Iterable[int], file: Path) -> bool:
    """Whether one of these descriptors writes into `file`, as our own standard output may."""
    try:
        found = file.stat()
        return any(os.path.samestat(found, os.fstat(stream)) for stream in streams)
    except OSError:
        return False
