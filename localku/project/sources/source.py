"""Collects the source of an app: the files one build starts from."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from localku.errors import Invalid
from localku.project.app_files import read_bytes
from localku.project.git import git_folder
from localku.project.git.beneath import Beneath
from localku.project.sources import slugignore
from localku.project.sources.app_source import Source
from localku.project.sources.seen_files import SeenFiles
from localku.project.sources.source_file import (
    SourceFile,
    fingerprint,
    linked,
    look,
    measure,
    unreadable,
)
from localku.project.sources.source_size import LARGE_APP, Report, refuse_too_large
from localku.telling import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

Seen = TypeVar("Seen")

__all__ = ["JUNK", "Source", "SourceFile", "collect"]

JUNK = frozenset(
    {
        ".git", ".hg", ".svn",  # history
        ".venv", "venv", "node_modules", "__pycache__",  # made by a build, wrong for another machine
        ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".DS_Store",
        ".env",  # secrets; in a repository .gitignore keeps them out
    }
)  # fmt: skip
"""Names left out, at any depth, of a folder that is no git work tree: what .gitignore files name most."""

LINK_MODE = 0o777


def collect(root: Path, *, exact: bool = False, progress: Progress = silent, seen: Path | None = None) -> Source:
    """The files below `root` that git tracks or would track, less .slugignore.

    Outside a git work tree, or without git: every file but `JUNK`. With `exact`, for a checkout or an
    unpacked upload: every file but `.git`. Sockets, pipes and devices never count.
    `progress` is told of files that take a while. `seen` is a file in which is kept, of a large app, what was read, so
    that it is not read again. LocalkuError when `root` is no folder, a file cannot be
    read, they are more than Heroku takes, or git refuses.
    """
    if not os.path.isdir(root):  # noqa: PTH112 - it never raises
        raise Invalid(f"{root} is not a folder.", "Name the folder your app is in.")
    listing = None if exact else git_folder.listing(root)
    if listing is None:
        names: Iterable[str] = _walk(root, frozenset({".git"}) if exact else JUNK)
    else:
        names = (*listing.tracked, *listing.untracked)
    patterns = slugignore.read(root) or ""
    dropped = slugignore.matcher(patterns)
    kept: list[str] = []
    ignored: list[str] = []
    for name in names:
        (ignored if dropped(name) else kept).append(name)
    files = _examine(root, kept, progress, seen)
    if listing and listing.modes:
        files = tuple(_with_modes(root, files, listing.modes))
    return Source(
        root=root,
        files=files,
        fingerprint=fingerprint(files),
        commit=listing.commit if listing else None,
        dirty=tuple(sorted(listing.changed)) if listing else (),
        ignored=tuple(sorted(ignored)),
        untracked=tuple(sorted(listing.untracked)) if listing else (),
        warnings=slugignore.warnings(patterns),
        missing=tuple(sorted(listing.missing)) if listing else (),
        submodules=listing.submodules if listing else (),
        may_convert=listing.may_convert if listing else False,
    )


def _with_modes(root: Path, files: tuple[SourceFile, ...], modes: Mapping[str, int]) -> Iterator[SourceFile]:
    """Give files the modes that git has for them, on a file system that keeps none; a link's file is its target."""
    for file in files:
        mode = modes.get(file.path, file.mode)
        if file.link is not None or mode == file.mode:
            yield file
        elif mode == LINK_MODE:
            yield linked(file.path, os.fsdecode(read_bytes(root, file.path) or b""))
        else:
            yield replace(file, mode=mode)


def _walk(root: Path, junk: frozenset[str]) -> Iterator[str]:
    """Paths of everything below `root` but folders and `junk`; a symlink to a folder is a file here."""
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    if entry.name in junk:
                        continue
                    path = f"{folder}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(f"{path}/")
                    else:
                        yield path
        except FileNotFoundError:
            continue  # removed while we looked: it is not part of the source
        except OSError as error:
            raise unreadable(folder or ".", error) from error


def _examine(root: Path, names: Iterable[str], progress: Progress, seen: Path | None) -> tuple[SourceFile, ...]:
    """The files among `names` that exist, in the order of their paths."""
    with Beneath(root) as below:
        sizes = dict(_sizes(below, names))
        refuse_too_large(sizes)
        total = sum(sizes.values())
        report = Report("Reading the app's files", total, progress)
        known = SeenFiles(seen) if seen is not None and total >= LARGE_APP else None
        taken = look if known is None else known.look
        found = tuple(file for path in sizes if (file := _attempt(path, lambda path: taken(below, path, report))))
    if known is not None:
        known.keep()
    return found


def _sizes(below: Beneath, names: Iterable[str]) -> Iterator[tuple[str, int]]:
    for path in sorted(set(names)):
        size = _attempt(path, lambda path: measure(below, path))
        if size is not None:
            yield path, size


def _attempt(path: str, seen: Callable[[str], Seen]) -> Seen | None:
    """What `seen` says of a file; None where it is gone from the work tree, as git calls one behind a symlink."""
    try:
        return seen(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unreadable(path, error) from error
