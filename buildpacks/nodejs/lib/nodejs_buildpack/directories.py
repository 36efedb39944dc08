"""Folders and files kept between builds: cacheDirectories of package.json, or bower_components.

They are put into the build as copies, for a build that fails must not have changed what was kept.
"""

from __future__ import annotations

import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from nodekit import tree
from nodekit.output import info

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .build import Build

_DEFAULT = ("bower_components",)
_MODULES = "node_modules"


def kept(build: Build, runtime: str) -> bool:
    """Tell if an earlier build with the same runtime kept folders."""
    record = _record(build)
    return record.is_file() and record.read_text() == runtime


def restore(build: Build, manager: str) -> None:
    """Put what was kept into the build, and say what that was."""
    named = build.package.cache_directories
    if named:
        info("Loading from cacheDirectories (package.json):")
    for name in _names(build, manager):
        source, wanted = _kept(build, name), build.build_dir / name
        if wanted.exists():
            if named:
                info(f"- {name} (exists - skipping)")
        elif source.exists():
            info(f"- {name}")
            _put(source, wanted, copy=True)
        elif named:
            info(f"- {name} (not cached - skipping)")


def save(build: Build, runtime: str, checked_in: frozenset[str], manager: str) -> None:
    """Keep what this build has, also what package.json names and the source brings: a later source may not.

    `checked_in` are those the source itself holds.
    """
    tree.remove(_record(build).parent)
    named = build.package.cache_directories
    if named:
        info("Saving cacheDirectories (package.json):")
    for name in _names(build, manager):
        if (build.build_dir / name).exists():
            if named or name not in checked_in:
                info(f"- {name}")
                _put(build.build_dir / name, _kept(build, name))
        elif named:
            info(f"- {name} (nothing to cache)")
    if _record(build).parent.is_dir():
        _record(build).write_text(runtime)


def _put(source: Path, target: Path, *, copy: bool = False) -> None:
    if source.is_dir():
        tree.place(source, target, copy=copy)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def existing(build: Build) -> frozenset[str]:
    """Return which of them the source brings along."""
    return frozenset(name for name in _inside_build(build) if (build.build_dir / name).exists())


def _names(build: Build, manager: str) -> Iterator[str]:
    """Those that this package manager leaves to the cache; say which it does not."""
    for name in _inside_build(build):
        if manager == "pnpm" and name.startswith(f"{_MODULES}/"):
            info(f"- {name} (skipping because pnpm is used)")
        else:
            yield name


def _inside_build(build: Build) -> list[str]:
    named = build.package.cache_directories or _DEFAULT
    return [name.rstrip("/") for name in named if _inside(name) and name.rstrip("/") != _MODULES]


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)


def _record(build: Build) -> Path:
    return build.cache / "directories" / ".runtime"


def _kept(build: Build, name: str) -> Path:
    return build.cache / "directories" / name
