"""Files that are other on disk than a checkout of the commit makes them, though git calls them unchanged."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from localku.errors import LocalkuError
from localku.project.git import git_own, git_theirs
from localku.project.git.git_open import Opened, opened
from localku.project.git.git_own import Git

POINTER = b"version https://git-lfs.github.com/spec/"
"""How a pointer of Git LFS begins, and bytes that it is shorter than: git-lfs, docs/spec.md."""
MOST_OF_POINTER = 1024
_ATTRIBUTES = ("filter", "ident", "eol", "working-tree-encoding")
_FILE = ".gitattributes"
_REGULAR = ("100644", "100755")


@dataclass(frozen=True)
class Converted:
    """Paths below the app. `pointers`: Git LFS keeps the content. `others`: line ends or a clean filter."""

    pointers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def __add__(self, other: Converted) -> Converted:
        return Converted(self.pointers + other.pointers, self.others + other.others)

    def below(self, folder: str) -> Converted:
        return Converted(
            tuple(f"{folder}/{path}" for path in self.pointers), tuple(f"{folder}/{path}" for path in self.others)
        )


def converted(root: Path, unchanged: Iterable[str], dirty: Iterable[str] = ()) -> Converted:
    """Those of the `unchanged` tracked files that another machine gets otherwise, which has no filters of ours.

    Of the `dirty` ones those with a filter: as none is run, nobody can tell whether they were changed. A checkout
    honours what the commit's .gitattributes say of line ends, encodings and `$Id$`, and so do we.
    """
    with opened(root) as found, tempfile.TemporaryDirectory(prefix="localku-git-") as folder:
        git = _at_commit(found, Path(folder)) if found and _possible(found) else None
        if found is None or git is None:
            return Converted()
        same, doubtful = set(unchanged), set(dirty)
        blobs = _blobs(git, same | doubtful)
        filtered, written = _attributes(git, blobs)
        sizes = _sizes(git, blobs)
        other_size = {path for path, size in sizes.items() if _size(root, path) != size}
        suspects = (same & (filtered | written | other_size)) | (doubtful & filtered)
        return _sorted_out(git, root, tuple(sorted(suspects & sizes.keys())))


def asked_for(found: Opened, paths: Iterable[str]) -> bool:
    """Whether the user's settings, or a .gitattributes among `paths`, make git convert: in few repositories they do."""
    core = found.settings.core
    if core.get("core.autocrlf", "false") != "false" or "core.eol" in core or "core.attributesfile" in core:
        return True
    return any(path == _FILE or path.endswith(f"/{_FILE}") for path in paths)


def _possible(found: Opened) -> bool:
    everywhere = replace(found.git, cwd=found.git.work_tree)  # attributes above the app count, too
    files = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", f":(glob)**/{_FILE}")
    return asked_for(found, os.fsdecode(everywhere.run(*files)).split("\0"))


def _at_commit(found: Opened, folder: Path) -> Git | None:
    """A git with the commit's files below the app in its index and nothing in its work tree."""
    if found.commit is None or found.git.try_run("cat-file", "-e", f"HEAD:{found.prefix}").returncode != 0:
        return None
    objects, tree = (found.repository.objects,), folder / "tree"
    tree.mkdir()
    git_own.make(folder / "git", objects, found.settings.object_format, found.commit, {})
    git = Git(folder / "git", tree, tree, found.git.of, plain=True)
    git.run("read-tree", f"{found.commit}:{found.prefix}")
    return git


def _blobs(git: Git, wanted: set[str]) -> dict[str, str]:
    """The hashes of regular files in the index, by path."""
    found = {}
    for record in os.fsdecode(git.run("ls-files", "-z", "--stage")).split("\0"):
        about, _, path = record.partition("\t")
        mode, _, rest = about.partition(" ")
        if mode in _REGULAR and path in wanted:
            found[path] = rest.partition(" ")[0]
    return found


def _attributes(git: Git, paths: Iterable[str]) -> tuple[set[str], set[str]]:
    """(files with a filter, files that a checkout may write otherwise than the commit has them)."""
    names = os.fsencode("".join(f"{path}\0" for path in paths))
    fields = os.fsdecode(git.run("check-attr", "-z", "--stdin", *_ATTRIBUTES, stdin=names)).split("\0")
    filtered: set[str] = set()
    written: set[str] = set()
    for path, name, value in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        if value not in {"unspecified", "unset", "lf"}:
            (filtered if name == "filter" else written).add(path)
    return filtered, written


def _sizes(git: Git, blobs: dict[str, str]) -> dict[str, int]:
    """Bytes of each blob that is there: a partial clone lacks some."""
    names = "".join(f"{name}\n" for name in blobs.values()).encode()
    said = git.run("cat-file", "--batch-check=%(objectsize)", stdin=names).splitlines()
    return {path: int(size) for path, size in zip(blobs, said, strict=True) if size.isdigit()}


def _size(root: Path, path: str) -> int:
    try:
        return os.lstat(root / path).st_size
    except OSError:
        return -1  # it went just now: `git diff` is asked about such files, not we


def _sorted_out(git: Git, root: Path, suspects: tuple[str, ...]) -> Converted:
    git.run("checkout-index", "-z", "--stdin", stdin=os.fsencode("".join(f"{path}\0" for path in suspects)))
    pointers: list[str] = []
    others: list[str] = []
    for path in suspects:
        content = git_theirs.read(git.work_tree / path)
        if content is not None and content != _on_disk(root, path):
            (pointers if content.startswith(POINTER) else others).append(path)
    return Converted(tuple(pointers), tuple(others))


def _on_disk(root: Path, path: str) -> bytes | None:
    try:
        return git_theirs.read(root / path)
    except LocalkuError:
        return None
