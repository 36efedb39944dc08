"""Files that are other on disk than a checkout of the commit makes them, though git calls them unchanged."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from localku.errors import LocalkuError
from localku.project import git_theirs
from localku.project.git_open import Opened, opened
from localku.project.git_own import Git

_LFS = b"version https://git-lfs.github.com/spec/"
_REGULAR = (b"100644", b"100755")


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

    Of the `dirty` ones those with a filter, unless a change was staged: as none is run, nobody can tell whether they
    were changed. A checkout honours what .gitattributes says of line ends, encodings and `$Id$`: no difference.
    """
    with opened(root, plain=True) as found:
        if found is None or not _possible(found):
            return Converted()
        git, same, doubtful = found.git, set(unchanged), set(dirty)
        blobs = _blobs(git, same | doubtful)
        filtered = _filtered(git, blobs)
        doubtful &= filtered
        if doubtful and found.commit:
            doubtful -= _names(
                git.run("diff", "-z", "--cached", "--name-only", "--relative", "--no-renames", "HEAD", "--")
            )
        suspects = (*(doubtful & blobs.keys()), *_suspects(git, blobs, same, filtered))
        return _sorted_out(found, suspects)


def _sorted_out(found: Opened, suspects: tuple[str, ...]) -> Converted:
    pointers: list[str] = []
    others: list[str] = []
    for path, content in _checked_out(found, suspects):
        if content is not None and content != _on_disk(found.git.cwd, path):
            (pointers if content.startswith(_LFS) else others).append(path)
    return Converted(tuple(sorted(pointers)), tuple(sorted(others)))


def _possible(found: Opened) -> bool:
    """Whether git converts anything here: almost no repository makes it."""
    core = found.settings.core
    if core.get("core.autocrlf", "false") != "false" or "core.eol" in core or "core.attributesfile" in core:
        return True
    everywhere = replace(found.git, cwd=found.git.work_tree)  # attributes above the app count, too
    return bool(everywhere.run("ls-files", "-z", "--", ":(glob)**/.gitattributes"))


def _blobs(git: Git, wanted: set[str]) -> dict[str, str]:
    """The hashes of regular files in the index, by path."""
    found = {}
    for record in git.run("ls-files", "-z", "--stage").split(b"\0"):
        about, _, raw = record.partition(b"\t")
        mode, _, rest = about.partition(b" ")
        path = os.fsdecode(raw)
        if mode in _REGULAR and path in wanted:
            found[path] = rest.partition(b" ")[0].decode()
    return found


def _filtered(git: Git, paths: Iterable[str]) -> set[str]:
    said = git.run("check-attr", "-z", "--stdin", "filter", stdin=os.fsencode("".join(f"{path}\0" for path in paths)))
    fields = said.split(b"\0")
    pairs = zip(fields[0::3], fields[2::3], strict=False)
    return {os.fsdecode(path) for path, value in pairs if value not in {b"unspecified", b"unset"}}


def _suspects(git: Git, blobs: dict[str, str], same: set[str], filtered: set[str]) -> Iterator[str]:
    """Files of another size than their blob, or with a filter."""
    names = "".join(f"{name}\n" for name in blobs.values()).encode()
    sizes = git.run("cat-file", "--batch-check=%(objectsize)", stdin=names).splitlines()
    for path, size in zip(blobs, sizes, strict=True):
        if path in same and size.isdigit() and (path in filtered or _size(git.cwd, path) != int(size)):
            yield path  # a partial clone has no size of a blob that it has not fetched


def _names(output: bytes) -> set[str]:
    return set(os.fsdecode(output).split("\0"))


def _checked_out(found: Opened, suspects: tuple[str, ...]) -> Iterator[tuple[str, bytes | None]]:
    with tempfile.TemporaryDirectory(prefix="localku-git-") as folder:
        paths = os.fsencode("".join(f"{path}\0" for path in suspects))
        found.git.run("checkout-index", "-z", "--stdin", f"--prefix={folder}/", stdin=paths)
        for path in suspects:
            yield path, git_theirs.read(Path(folder) / f"{found.prefix}{path}")


def _size(folder: Path, path: str) -> int:
    try:
        return os.lstat(folder / path).st_size
    except OSError:
        return -1  # it went just now: `git diff` is asked about such files, not we


def _on_disk(folder: Path, path: str) -> bytes | None:
    try:
        return git_theirs.read(folder / path)
    except LocalkuError:
        return None
