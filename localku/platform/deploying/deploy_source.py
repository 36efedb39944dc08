"""What a deploy starts from: a folder as it is, a commit, or an uploaded tarball."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from localku.errors import Kind, LocalkuError
from localku.platform import app_folders
from localku.project.git import checkout, submodules
from localku.project.git.submodules import Submodule
from localku.project.project_files import Project
from localku.project.sources import app_source, source, source_size, unsent
from localku.records import App
from localku.slugs import untar
from localku.telling import Progress


@dataclass(frozen=True)
class Folder:
    """The files Git tracks or would track, as they are on disk."""

    root: Path


@dataclass(frozen=True)
class Commit:
    """The last commit of the app at `root`, as `git push heroku` sends it."""

    root: Path


@dataclass(frozen=True)
class Tarball:
    """A .tar, .tar.gz, .tar.bz2 or .tar.xz; `version` is what its sender calls it, as a commit."""

    file: Path
    version: str | None = None


Source = Folder | Commit | Tarball


@dataclass(frozen=True)
class Tree:
    """A source as files. `commit` and `submodules` are those of a commit that was checked out for it."""

    project: Project
    exact: bool = False
    commit: str | None = None
    submodules: tuple[Submodule, ...] = ()

    @property
    def root(self) -> Path:
        return self.project.root

    def collect(self, progress: Progress, seen: Path) -> app_source.Source:
        """Look at every file; `seen` as for `source.collect`. LocalkuError as that raises it."""
        files = source.collect(self.root, exact=self.exact, progress=progress, seen=None if self.exact else seen)
        if not self.exact:
            return files
        return replace(files, commit=self.commit, submodules=self.submodules)

    def remarks(self, files: app_source.Source) -> tuple[str, ...]:
        """Sentences on what Heroku would get instead, and on lines of .slugignore that have no effect."""
        different = submodules.notes(files.submodules) if self.exact else unsent.sentences(files)
        return (*files.warnings, *different)


def of(app: App, *, head: bool = False) -> Folder | Commit:
    """Return the source that the app's own folder is."""
    root = app_folders.root_of(app)
    return Commit(root) if head else Folder(root)


@contextmanager
def opened(found: Source) -> Iterator[Tree]:
    """Have the source as files while the block runs. LocalkuError where there is no commit, or no such tarball."""
    match found:
        case Folder(root):
            yield Tree(Project(root, root))
        case Commit(root):
            with tempfile.TemporaryDirectory(prefix="localku-head-") as folder:
                head = checkout.check_out(root, Path(folder))
                yield Tree(Project(Path(folder), root), exact=True, commit=head.commit, submodules=head.submodules)
        case Tarball(file, version):
            with tempfile.TemporaryDirectory(prefix="localku-upload-") as folder:
                _unpack(file, Path(folder))
                yield Tree(Project(untar.single_root(Path(folder))), exact=True, commit=version)


def _unpack(file: Path, target: Path) -> None:
    try:
        with tarfile.open(file) as archive:
            _refuse_too_large(archive)
        with tarfile.open(file) as archive:
            untar.extract(archive, target)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise LocalkuError(
            f"The source cannot be unpacked: {error}.",
            "Send a tar archive of the app.",
            kind=Kind.INVALID,
            resource="build",
        ) from error


def _refuse_too_large(archive: tarfile.TarFile) -> None:
    """Look at sizes before anything is written: a few kilobytes may hold more than the disk does."""
    sizes: dict[str, int] = {}
    total = 0
    for member in archive:
        sizes[member.name] = sizes.get(member.name, 0) + member.size
        total += member.size
        if total > source_size.LIMIT:
            source_size.refuse_too_large(sizes)
