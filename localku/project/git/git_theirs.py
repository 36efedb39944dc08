"""Somebody's repository, read as plain files: git itself never gets to see it as one."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from localku.errors import Invalid, Kind, LocalkuError, kind_of

LARGEST = 1 << 30
"""Bytes of an index: that of ten million files."""

_HEX = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(rb"refs(?:/(?!\.)[^/\x00-\x20~^:?*\[\\\x7f]+)+")
_LINKS = 5
"""Symbolic references that git follows from one to the next."""
_OF_A_WORK_TREE = (b"HEAD", b"refs/bisect/", b"refs/worktree/", b"refs/rewritten/")


@dataclass(frozen=True)
class Repository:
    """`top` is the work tree; `git_dir` has HEAD and the index, `common` the objects and references.

    The last two differ in a linked work tree only.
    """

    top: Path
    git_dir: Path
    common: Path

    @property
    def objects(self) -> Path:
        return self.common / "objects"


def find(root: Path) -> Repository | None:
    """The repository whose work tree `root` is in: the nearest folder upwards with a `.git`, as git finds it.

    A folder that merely looks like a bare repository is none. Like git's, the search ends at a mount point.
    """
    start = Path(os.path.realpath(root))
    device = _device(start)
    for folder in (start, *start.parents):
        if _device(folder) != device:
            return None
        if os.path.isfile(folder / ".git"):  # noqa: PTH113 - it never raises
            return at(folder)  # git looks no further, whatever that file says
        if found := at(folder):
            inside = start.relative_to(folder).parts
            return None if ".git" in inside else found
    return None


def at(folder: Path) -> Repository | None:
    """The repository whose work tree is just this folder."""
    dot_git = folder / ".git"
    if os.path.isdir(dot_git):  # noqa: PTH112
        return _repository(folder, dot_git)
    text = read(dot_git, 1 << 16)
    if text is None:
        return None
    if not text.startswith(b"gitdir: "):
        raise Invalid(f"{dot_git} is not a file that git understands.", "It says `gitdir: PATH` or is a folder.")
    return _repository(folder, _path(folder, text.removeprefix(b"gitdir: ")))


def head(repository: Repository) -> str | None:
    """The commit of HEAD in hexadecimal; None before the first one."""
    name = b"HEAD"
    for _ in range(_LINKS + 1):
        value = _reference(repository, name)
        if value is None or _HEX.fullmatch(value):
            return value.decode() if value else None
        name = value.removeprefix(b"ref:").strip()
        if not _REF.fullmatch(name) or b".." in name:
            break
    raise Invalid(f"HEAD of {repository.top} names no commit.", "`git status` there says more.")


def read(path: Path, largest: int = LARGEST) -> bytes | None:
    """The content of a regular file, or None where there is none. LocalkuError when it cannot be read."""
    try:
        with open(path, "rb", opener=_open) as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                return None
            if info.st_size > largest:
                raise Invalid(f"{path} is {info.st_size:,} bytes long.", "Git did not write that: is it damaged?")
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise LocalkuError(
            f"{path} cannot be read: {error.strerror}.", f"Look at it with `ls -l {path}`.", kind=kind_of(error)
        ) from error


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe must not make us wait for its writer


def _device(folder: Path) -> int:
    try:
        return folder.stat().st_dev
    except OSError as error:
        raise LocalkuError(
            f"{folder} has disappeared.", "Try again when nothing else changes it.", kind=Kind.NOT_FOUND
        ) from error


def _path(base: Path, text: bytes) -> Path:
    return base / os.fsdecode(text.rstrip(b"\r\n"))


def _repository(top: Path, git_dir: Path) -> Repository | None:
    named = read(git_dir / "commondir", 1 << 16)
    common = _path(git_dir, named) if named else git_dir
    found = Repository(top, git_dir, common)
    value = _reference(found, b"HEAD") or b""
    valid = _HEX.fullmatch(value) or value.removeprefix(b"ref:").strip().startswith(b"refs/")
    return found if valid and os.path.isdir(found.objects) and os.path.isdir(common / "refs") else None  # noqa: PTH112


def _reference(repository: Repository, name: bytes) -> bytes | None:
    """A hash or `ref: NAME`; None where there is no such reference."""
    base = repository.git_dir if name.startswith(_OF_A_WORK_TREE) else repository.common
    path = base / os.fsdecode(name)
    if path.is_symlink() and (target := os.readlink(path)).startswith("refs/"):  # noqa: PTH115 - as git 1.0 wrote HEAD
        return b"ref: " + os.fsencode(target)
    value = read(path, 1 << 16)
    if value is not None:
        return value.strip()
    for line in (read(repository.common / "packed-refs") or b"").splitlines():
        value, _, packed = line.partition(b" ")
        if packed == name:
            return value
    return None
