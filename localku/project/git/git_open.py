"""The repository around a folder, opened to look at: nothing in it is changed, and nothing of it runs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from localku.errors import Kind, LocalkuError, kind_of
from localku.project.git import git_own, git_process, git_reftable, git_theirs
from localku.project.git.git_settings import Settings, settings
from localku.project.git.git_theirs import Repository


@dataclass(frozen=True)
class Opened:
    """`git` works in the app's folder; `prefix` is that folder's path below the work tree, "" or `app/`."""

    git: git_own.Git
    repository: Repository
    settings: Settings
    commit: str | None
    prefix: str


@contextmanager
def opened(root: Path, repository: Repository | None = None) -> Iterator[Opened | None]:
    """A git for the repository around `root`; None where there is none, or no git."""
    found = repository or git_theirs.find(root)
    known = settings(found) if found else None
    if found is None or known is None or known.bare:
        yield None
        return
    _trust(found, root, known)
    commit = _head_of_reftable(found, known.object_format) if known.reftable else git_theirs.head(found)
    with tempfile.TemporaryDirectory(prefix="localku-git-") as temporary:
        folder = Path(temporary)
        git_own.make(folder, (found.objects,), known.object_format, commit, known.core)
        _copy_index(found, folder)
        start = Path(os.path.realpath(root))
        prefix = "".join(f"{part}/" for part in start.relative_to(os.path.realpath(found.top)).parts)
        yield Opened(git_own.Git(folder, found.top, start, start), found, known, commit, prefix)


def _head_of_reftable(repository: Repository, object_format: str) -> str | None:
    """The commit of HEAD in hexadecimal; None before the first one. LocalkuError when the git here is older than it."""
    with tempfile.TemporaryDirectory(prefix="localku-git-") as temporary:
        folder = Path(temporary)
        git_own.make(folder, (repository.objects,), object_format, None, git_reftable.EXTENSION)
        git_dir = git_reftable.lay_out(repository, folder)
        git = git_own.Git(git_dir, repository.top, repository.top, repository.top)
        done = git.try_run("rev-parse", "--verify", "--quiet", "HEAD")
    if done.returncode not in {0, 1}:
        raise LocalkuError(
            f"git cannot read the references of {repository.top}, which are in the format reftable.",
            f"git 2.45 or newer can. It says: {git_process.said(done)}",
        )
    return done.stdout.decode().strip() or None


def _copy_index(repository: Repository, folder: Path) -> None:
    """Copy the index, with its time: a file changed in that same moment is one git must look into."""
    exclude = git_theirs.read(repository.common / "info/exclude", 1 << 24)
    if exclude:
        (folder / "info/exclude").write_bytes(exclude)
    names = ["index"]
    try:
        names += [name for name in os.listdir(repository.git_dir) if name.startswith("sharedindex.")]  # noqa: PTH208
        for name in names:
            source = repository.git_dir / name
            content = git_theirs.read(source)
            if content is not None:
                info = source.stat()
                (folder / name).write_bytes(content)
                os.utime(folder / name, ns=(info.st_mtime_ns, info.st_mtime_ns))
    except OSError as error:
        raise LocalkuError(
            f"The index of {repository.top} cannot be copied: {error.strerror}.", kind=kind_of(error)
        ) from error


def _trust(repository: Repository, root: Path, known: Settings) -> None:
    """Refuse a repository above the folder that belongs neither to its user nor to the folder's owner.

    git refuses more, for the sake of the configuration; of that nothing is read here.
    """
    owners = {os.geteuid(), root.stat().st_uid}
    if os.geteuid() == 0 and os.environ.get("SUDO_UID", "").isdecimal():
        owners.add(int(os.environ["SUDO_UID"]))
    if {repository.git_dir.stat().st_uid, (repository.top / ".git").lstat().st_uid} <= owners:
        return
    top = str(repository.top)
    if any(
        one == "*" or top == one.rstrip("/") or (one.endswith("/*") and top.startswith(one[:-1]))
        for one in known.trusted
    ):
        return
    raise LocalkuError(
        f"git does not trust {root}: another user owns its repository {top}.",
        f"If you trust it, run: git config --global --add safe.directory {top}",
        kind=Kind.FORBIDDEN,
    )
