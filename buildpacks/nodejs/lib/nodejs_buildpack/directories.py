"""Folders kept between builds: cacheDirectories of package.json, or bower_components.

They are put into the build as copies, for a build that fails must not have changed what was kept.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from nodekit import tree
from nodekit.output import info

if TYPE_CHECKING:
    from pathlib import Path

    from .build import Build

_DEFAULT = ("bower_components",)
_MODULES = "node_modules"


def kept(build: Build, runtime: str) -> bool:
    """Tell if an earlier build with the same runtime kept folders."""
    record = _record(build)
    return record.is_file() and record.read_text() == runtime


def restore(build: Build) -> None:
    """Put kept folders into the build, and say which were kept."""
    named = build.package.cache_directories
    if named:
        info("Loading from cacheDirectories (package.json):")
    for name in _names(build):
        source, wanted = _kept(build, name), build.build_dir / name
        if wanted.exists():
            if named:
                info(f"- {name} (exists - skipping)")
        elif source.is_dir():
            info(f"- {name}")
            tree.place(source, wanted, copy=True)
        elif named:
            info(f"- {name} (not cached - skipping)")


def save(build: Build, runtime: str, checked_in: frozenset[str]) -> None:
    """Keep the folders of this build; `checked_in` are those the source itself holds."""
    tree.remove(_record(build).parent)
    named = build.package.cache_directories
    if named:
        info("Saving cacheDirectories (package.json):")
    names = [name for name in _names(build) if name not in checked_in]
    for name in names:
        if (build.build_dir / name).is_dir():
            info(f"- {name}")
            tree.place(build.build_dir / name, _kept(build, name))
        elif named:
            info(f"- {name} (nothing to cache)")
    if _record(build).parent.is_dir():
        _record(build).write_text(runtime)


def existing(build: Build) -> frozenset[str]:
    """Return which of the folders the source brings along."""
    return frozenset(name for name in _names(build) if (build.build_dir / name).exists())


def _names(build: Build) -> list[str]:
    named = build.package.cache_directories or _DEFAULT
    return [name.rstrip("/") for name in named if _inside(name) and name.rstrip("/") != _MODULES]


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)


def _record(build: Build) -> Path:
    return build.cache / "directories" / ".runtime"


def _kept(build: Build, name: str) -> Path:
    return build.cache / "directories" / name
