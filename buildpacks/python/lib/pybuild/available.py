"""Which Pythons can be had here: prepared on the stack, kept in the cache, or downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pybuild.context import Build
from pybuild.versions import DEFAULT, LATEST, Version, exact, newest


@dataclass(frozen=True)
class Available:
    """Versions at hand, and whether Heroku's own builds can be fetched too.

    `prepared` lie on the stack, `kept` in CACHE_DIR: the last build's and those downloaded before.
    """

    stack: str
    prepared: tuple[Version, ...]
    kept: tuple[Version, ...]
    downloadable: bool

    @property
    def here(self) -> frozenset[Version]:
        return frozenset(self.prepared + self.kept)

    @property
    def default_series(self) -> str:
        """Heroku's default where it can be had, else the newest at hand."""
        if self.downloadable or not self.here or newest(self.here, DEFAULT):
            return DEFAULT
        return max(self.here).series

    def best(self, series: str) -> Version | None:
        """Return the version a request for `3.13` gets, or None. No download where the stack has one."""
        if newest(self.prepared, series):
            return newest(self.here, series)
        if self.downloadable and series in LATEST:
            return LATEST[series]
        return newest(self.kept, series)

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version a plain request can end at, oldest first."""
        fetched = LATEST.values() if self.downloadable else ()
        return tuple(sorted({*self.here, *fetched}))

    @property
    def sentence(self) -> str:
        """Say what can be had, for the end of an error."""
        if not self.versions:
            return f"No Python version is available on the '{self.stack}' stack."
        names = ", ".join(str(version) for version in self.versions)
        return f"Python versions available here ({self.stack}):\n{names}"


def find(build: Build, kept: Iterable[Version]) -> Available:
    """Look round. Heroku builds Python for its own stacks alone, and offline nothing is fetched."""
    return Available(
        stack=build.stack,
        prepared=in_folder(build.prepared_dir),
        kept=tuple(sorted(kept)),
        downloadable=build.stack.startswith("heroku-") and not build.offline,
    )


def in_folder(folder: Path) -> tuple[Version, ...]:
    """Return the versions that lie in `folder`, each a folder named X.Y.Z with a bin/python3 in it."""
    if not folder.is_dir():
        return ()
    found = (exact(entry.name) for entry in folder.iterdir() if (entry / "bin" / "python3").exists())
    return tuple(sorted(version for version in found if version))
