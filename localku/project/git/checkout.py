"""The last commit as files, with those of its submodules: what `git push heroku` would send."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from localku.errors import Invalid, Kind, LocalkuError
from localku.project.git import git_open, git_own, submodules
from localku.project.git.git_own import Git
from localku.project.git.submodules import GITLINK, Fate, Modules, Submodule


@dataclass(frozen=True)
class Checkout:
    """`commit` in hexadecimal; the files of those `submodules` that Heroku fetches were written, too."""

    commit: str
    submodules: tuple[Submodule, ...] = ()


@dataclass(frozen=True)
class _Place:
    """A commit to write to `target`; `shown` is its path below the app.

    `work_tree` is the folder it is checked out in, `git_dirs` are those where git may keep its objects.
    """

    target: Path
    commit: str
    shown: str
    prefix: str
    work_tree: Path
    git_dirs: tuple[Path, ...]
    objects: tuple[Path, ...]
    object_format: str


def check_out(root: Path, target: Path) -> Checkout:
    """Write the files of the last commit below `root` into the empty folder `target`.

    LocalkuError where there is no commit, where a submodule's is not on this machine, or where Heroku rejects the
    push because .gitmodules does not name one.
    """
    with git_open.opened(root) as found:
        if found is None or found.commit is None:
            raise _missing(f"There is no commit in {root}.", "Commit the app first, or build the folder as it is.")
        if found.prefix and found.git.try_run("cat-file", "-e", f"HEAD:{found.prefix}").returncode != 0:
            raise _missing(f"{root} is not in the last commit.", "Commit it first, or build the folder as it is.")
        repository = found.repository
        place = _Place(
            Path(os.path.realpath(target)),
            found.commit,
            "",
            found.prefix,
            repository.top,
            (repository.git_dir, repository.common),
            (repository.objects,),
            found.settings.object_format,
        )
    return Checkout(found.commit, tuple(_write(place)))


def check_out_pushed(objects: tuple[Path, ...], commit: str, target: Path) -> Checkout:
    """Write the files of a commit that was pushed into the empty folder `target`.

    `objects` are the folders that git keeps its objects in. LocalkuError as for `check_out`: what a submodule's
    commit names was not pushed with it.
    """
    place = _Place(Path(os.path.realpath(target)), commit, "", "", target, (), objects, "sha1")
    return Checkout(commit, tuple(_write(place)))


def _write(place: _Place) -> Iterator[Submodule]:
    place.target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="localku-git-") as folder:
        git_own.make(Path(folder), place.objects, place.object_format, place.commit, {})
        git = Git(Path(folder), place.target, place.target, place.work_tree, plain=True)
        git.run("read-tree", "--reset", "-u", f"{place.commit}:{place.prefix}")
        links = tuple(_links(git.run("ls-files", "-z", "--stage")))
        known = submodules.modules(git, f"{place.commit}:.gitmodules") if links else Modules()
        for path, commit in links:
            full = f"{place.prefix}{path}"
            one = Submodule(f"{place.shown}{path}", known.fate(full), commit, commit, known.urls.get(full, ""))
            if one.fate is Fate.REFUSED:
                raise Invalid(
                    f"Push rejected, submodule install failed: .gitmodules has no URL for {one.path}.",
                    "Run `git submodule add URL` for it, or `git rm --cached` it, and commit.",
                )
            yield one
            if one.fate is Fate.FETCHED:
                yield from _write(_inner(place, git, path, known.names[full], commit))


def _missing(message: str, hint: str) -> LocalkuError:
    return LocalkuError(message, hint, kind=Kind.NOT_FOUND)


def _links(output: bytes) -> Iterator[tuple[str, str]]:
    for record in output.split(b"\0"):
        about, _, path = record.partition(b"\t")
        if about.startswith(GITLINK.encode()):
            yield os.fsdecode(path), about.decode().split(" ")[1]


def _inner(place: _Place, git: Git, path: str, name: str, commit: str) -> _Place:
    below = f"{place.prefix}{path}"
    target, shown = place.target / path, f"{place.shown}{path}"
    there = submodules.inside(place.work_tree, below)
    git_dirs = [*((there.git_dir, there.common) if there else ()), *(one / "modules" / name for one in place.git_dirs)]
    objects = tuple(dict.fromkeys(one / "objects" for one in git_dirs if os.path.isdir(one / "objects")))  # noqa: PTH112
    if os.path.realpath(target) != os.fspath(target):
        raise Invalid(f"The submodule {shown} lies behind a symlink of the same commit.", "git refuses that, too.")
    if not _has(objects, place.object_format, commit, git):
        raise _missing(
            f"Commit {commit[:8]} of the submodule {shown} is not on this machine.",
            f"Heroku fetches it in the build. Run: git submodule update --init --recursive {shown}",
        )
    return _Place(
        target, commit, f"{shown}/", "", place.work_tree / below, tuple(git_dirs), objects, place.object_format
    )


def _has(objects: tuple[Path, ...], object_format: str, commit: str, git: Git) -> bool:
    with tempfile.TemporaryDirectory(prefix="localku-git-") as folder:
        git_own.make(Path(folder), objects, object_format, commit, {})
        inner = replace(git, folder=Path(folder))
        return inner.try_run("cat-file", "-e", f"{commit}^{{tree}}").returncode == 0
