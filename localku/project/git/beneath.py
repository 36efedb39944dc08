"""Opening what lies in an app's folder and nothing else, wherever links lead and whoever moves them meanwhile."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe must not make us wait for its writer


class LeadsOut(OSError):
    """The name leads out of the folder; `filename` is where to."""


class Beneath:
    """What is below the folder `root`, each folder entered by itself and none through a link.

    Paths are POSIX, relative to `root`. Methods raise OSError: NotADirectoryError where a folder on the
    way is a link, FileNotFoundError for a path with `..` in it.
    """

    def __init__(self, root: Path | str) -> None:
        self._root = os.open(root, _FOLDER)
        self._at, self._folder = "", self._root

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.afresh()
        os.close(self._root)

    def afresh(self) -> None:
        """Enter folders anew: the one entered last may have been replaced by another."""
        if self._folder != self._root:
            os.close(self._folder)
        self._at, self._folder = "", self._root

    def lstat(self, path: str) -> os.stat_result:
        return os.lstat(self._name(path), dir_fd=self._folder)

    def readlink(self, path: str) -> str:
        return os.readlink(self._name(path), dir_fd=self._folder)

    def open(self, path: str) -> int:
        """A descriptor to read the file from; never that of what a link leads to."""
        return os.open(self._name(path), _FILE, dir_fd=self._folder)

    def _name(self, path: str) -> str:
        """Enter the folder `path` is in; return its name there."""
        folder, _, name = path.rpartition("/")
        if folder != self._at:
            self._enter(folder)
        return _plain(name, path)

    def _enter(self, folder: str) -> None:
        self.afresh()
        for part in folder.split("/") if folder else ():
            inner = self._step(_plain(part, folder))
            if self._folder != self._root:
                os.close(self._folder)
            self._folder = inner
            self._at = "\0"  # nowhere, should the next part fail
        self._at = folder

    def _step(self, name: str) -> int:
        try:
            return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=self._folder)
        except OSError as error:
            if error.errno == errno.ELOOP:  # what a link is called where there is no O_PATH
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name) from error
            raise


def _plain(part: str, path: str) -> str:
    if part in {"", ".", ".."}:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return part


def resolved(root: Path, name: str) -> tuple[str, str]:
    """(the real folder `root`, the path below it that `name` leads to).

    LeadsOut when a link, or `name` itself, leads out of it to something that is there; FileNotFoundError
    when it leads to nothing, as it does on Heroku.
    """
    base = os.path.realpath(root)
    target = os.path.realpath(os.path.join(base, name))  # noqa: PTH118 - a path as text: it may hold what Path drops
    if os.path.commonpath([base, target]) == base:
        return base, os.path.relpath(target, base)
    if not os.path.lexists(target):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    raise LeadsOut(0, "it leads out of the folder", target)


def open_file(root: Path, name: str) -> int:
    """A descriptor of `root/name`, through links as long as they stay in `root`. Raises as `resolved`, and OSError."""
    base, path = resolved(root, name)
    if path == ".":
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    with Beneath(base) as below:
        return below.open(path)
