"""The source of an app: the files one build starts from."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.project import git, slugignore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

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


@dataclass(frozen=True)
class SourceFile:
    """`path` is POSIX, relative to the app, odd bytes as surrogates (`os.fsencode` gives them back).

    `mode` is 0o644, 0o755 or, for a symlink, 0o777; `size` counts bytes (0 for a symlink); `link` is
    the target of a symlink, whether or not it exists.
    """

    path: str
    mode: int
    size: int
    link: str | None = None


@dataclass(frozen=True)
class Source:
    """`files` are sorted by path; `fingerprint` is a hash of their paths, modes and contents only.

    `commit` is HEAD, `dirty` the tracked files that differ from it, `untracked` those `git push` would
    not send, `ignored` those .slugignore takes away, `warnings` sentences about .slugignore itself.
    Outside git `commit` is None, `dirty` and `untracked` are empty.
    """

    root: Path
    files: tuple[SourceFile, ...]
    fingerprint: str
    commit: str | None = None
    dirty: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def collect(root: Path, *, exact: bool = False) -> Source:
    """The files below `root` that git tracks or would track, less .slugignore.

    Outside a git work tree, or without git: every file but `JUNK`. With `exact`, for a checkout or an
    unpacked upload: every file but `.git`. Sockets, pipes and devices never count.
    LocalkuError when `root` is no folder, a file cannot be read, or git refuses.
    """
    if not os.path.isdir(root):  # noqa: PTH112 - it never raises
        raise LocalkuError(f"{root} is not a folder.", "Name the folder your app is in.")
    listing = None if exact else git.listing(root)
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
    files, fingerprint = _examine(root, kept)
    return Source(
        root=root,
        files=files,
        fingerprint=fingerprint,
        commit=listing.commit if listing else None,
        dirty=tuple(sorted(listing.changed)) if listing else (),
        ignored=tuple(sorted(ignored)),
        untracked=tuple(sorted(listing.untracked)) if listing else (),
        warnings=slugignore.warnings(patterns),
    )


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
            raise _unreadable(folder or ".", error) from error


def _examine(root: Path, names: Iterable[str]) -> tuple[tuple[SourceFile, ...], str]:
    """The files among `names` that exist, and the hash over them."""
    import hashlib

    total = hashlib.blake2b(digest_size=20)
    files = []
    folders: dict[str, bool] = {"": True}
    base = os.fspath(root)
    for name in sorted(set(names)):
        if not _real_folder(base, name.rpartition("/")[0], folders):
            continue
        try:
            file, digest = _look(base, name)
        except FileNotFoundError:
            continue  # deleted from the work tree, or while we looked
        except OSError as error:
            raise _unreadable(name, error) from error
        if file:
            files.append(file)
            total.update(b"%d\0%b\0%o\0%b\0" % (len(name), os.fsencode(name), file.mode, digest))
    return tuple(files), total.hexdigest()


def _real_folder(base: str, folder: str, known: dict[str, bool]) -> bool:
    """Whether no part of `folder` is a symlink: git would call a file behind one deleted."""
    if folder in known:
        return known[folder]
    real, path = True, ""
    for part in folder.split("/"):
        path = f"{path}/{part}" if path else part
        if path not in known:
            known[path] = real and _is_folder(base, path)
        real = known[path]
    return real


def _is_folder(base: str, path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(f"{base}/{path}").st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _unreadable(path, error) from error


def _look(base: str, name: str) -> tuple[SourceFile | None, bytes]:
    """The file and the hash of its content; None for what is neither a file nor a symlink."""
    import hashlib

    path = f"{base}/{name}"
    info = os.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        link = os.readlink(path)  # noqa: PTH115 - no Path per file: thousands of them
        return SourceFile(name, 0o777, 0, link), hashlib.blake2b(os.fsencode(link), digest_size=20).digest()
    if not stat.S_ISREG(info.st_mode):
        return None, b""
    digest = hashlib.blake2b(digest_size=20)
    size = 0
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        while block := os.read(fd, 1 << 18):
            digest.update(block)
            size += len(block)
    finally:
        os.close(fd)
    mode = 0o755 if info.st_mode & stat.S_IXUSR else 0o644
    return SourceFile(name, mode, size), digest.digest()


def _unreadable(name: str, error: OSError) -> LocalkuError:
    shown = os.fsencode(name).decode(errors="backslashreplace")
    hint = f"Every file of the app goes into its slug: make it readable, or list it in .gitignore (`ls -l {shown}`)."
    return LocalkuError(f"{shown} cannot be read: {error.strerror}.", hint)
