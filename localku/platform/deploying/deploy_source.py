"""What a deploy starts from: a folder as it is, a commit that is here or was pushed, or an uploaded tarball."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from localku.platform import app_folders
from localku.project.project_files import Project

if TYPE_CHECKING:
    from localku.project.git.submodules import Submodule
    from localku.project.sources import app_source
    from localku.records import App
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
    """A .tar, .tar.gz, .tar.bz2 or .tar.xz; `version` is what its sender calls it, as a commit.

    `checksum` is `SHA256:` and hexadecimal digits, of the archive.
    """

    file: Path
    version: str | None = None
    checksum: str | None = None


@dataclass(frozen=True)
class Remote:
    """A tarball that is fetched from an http or https URL first."""

    url: str
    version: str | None = None
    checksum: str | None = None


@dataclass(frozen=True)
class Pushed:
    """A commit that `git push` has sent; `objects` are the folders that git keeps its objects in."""

    objects: tuple[Path, ...]
    commit: str


Source = Folder | Commit | Tarball | Remote | Pushed


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
        from localku.project.sources import source

        files = source.collect(self.root, exact=self.exact, progress=progress, seen=None if self.exact else seen)
        if not self.exact:
            return files
        return replace(files, commit=self.commit, submodules=self.submodules)

    def remarks(self, files: app_source.Source) -> tuple[str, ...]:
        """Sentences on what Heroku would get instead, and on lines of .slugignore that have no effect."""
        from localku.project.git import submodules
        from localku.project.sources import unsent

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
            from localku.project.git import checkout

            with tempfile.TemporaryDirectory(prefix="localku-head-") as folder:
                head = checkout.check_out(root, Path(folder))
                yield Tree(Project(Path(folder), root), exact=True, commit=head.commit, submodules=head.submodules)
        case Pushed(objects, commit):
            from localku.project.git import checkout

            with tempfile.TemporaryDirectory(prefix="localku-push-") as folder:
                head = checkout.check_out_pushed(objects, commit, Path(folder))
                yield Tree(Project(Path(folder)), exact=True, commit=head.commit, submodules=head.submodules)
        case Tarball(file, version, checksum):
            from localku.platform.deploying.sent import remote_tarball, uploaded

            if checksum:
                remote_tarball.check(file, checksum)
            with tempfile.TemporaryDirectory(prefix="localku-upload-") as folder:
                yield Tree(Project(uploaded.unpacked(file, Path(folder))), exact=True, commit=version)
        case Remote(url, version, checksum):
            from localku.platform.deploying.sent import remote_tarball

            with tempfile.TemporaryDirectory(prefix="localku-fetch-") as folder:
                file = Path(folder) / "source"
                remote_tarball.fetch(url, file)
                with opened(Tarball(file, version, checksum)) as tree:
                    yield tree
