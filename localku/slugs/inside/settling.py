"""What buildpacks have finished, reported while there is other work, so that it can come into the image meanwhile.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from localku.slugs.inside import files_seen
from localku.slugs.inside.events import Settled
from localku.slugs.inside.last_build import LastBuild
from localku.slugs.inside.untouched import Tree


class Settling:
    """Reports the trees in `names` that were announced and are not the last build's, with a list of them in `out`."""

    def __init__(self, last: LastBuild, names: Collection[str], out: Path, tell: Callable[[Settled], None]) -> None:
        self._last = last
        self._names = names
        self._out = out
        self._tell = tell
        self._told: dict[str, Tree] = {}
        self._number = 0
        self._looked_at = 0

    def look(self) -> None:
        """Report, while a buildpack works, what it has announced since the last look."""
        size = self._last.announced_bytes
        if size != self._looked_at:
            self._looked_at = size
            self.report()

    def report(self) -> None:
        """Report those that were not yet, or were announced anew since."""
        trees = self._last.made(self._names)
        new = topmost(path for path, tree in trees.items() if self._told.get(path) != tree)
        rows = self._last.seen(new) if new else None
        if rows is None:
            return
        self._told = trees
        self._number += 1
        self._out.mkdir(exist_ok=True)
        (self._out / files_seen.part(self._number)).write_bytes(rows)
        self._tell(Settled(new, self._number))


def topmost(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the paths without what is below another of them."""
    found: list[str] = []
    for path in sorted(paths, key=lambda each: each.split("/")):
        if not (found and path.startswith(f"{found[-1]}/")):
            found.append(path)
    return tuple(found)
