"""pip as it was installed, kept in CACHE_DIR: a tree that is made anew needs not run its installation again.

It is kept packed: its files are in the tree, too, of which this must be no part, for builds may write in theirs.
"""

from __future__ import annotations

import csv
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from pybuild import python_home, trees
from pybuild.context import Build
from pybuild.installed import normalized
from pybuild.output import BuildpackError
from pybuild.session import Session

_ARCHIVE = "tree.tar.gz"
"""Of 10.7 MB 4.3: gzip's quickest level takes no longer than copying the 885 files did."""

_DAMAGED = """\
Error: The pip in the build cache cannot be unpacked.

It has been taken away: build again, and pip is installed anew."""


def keep(session: Session, packages: tuple[str, ...]) -> None:
    """Keep the files of `packages` (`pip==26.2.1`), which have just been installed, for what they depend on."""
    folder = _folder(session.build)
    new = folder.with_name(f"{folder.name}.new")
    trees.remove(folder, new)
    files = tuple(_files(session, packages))
    if not files or not all((session.build.tree / file).is_file() for file in files):
        return
    new.mkdir(parents=True)
    _pack(session.build.tree, files, new / _ARCHIVE)
    (new / "key").write_text(_key(session, packages), "utf-8")
    new.rename(folder)


def restore(session: Session, packages: tuple[str, ...]) -> bool:
    """Put them into the tree. False: there are none, or an earlier version of this has kept them.

    BuildpackError where they cannot be read, as after a power cut; the next build has none then.
    """
    folder = _folder(session.build)
    archive = folder / _ARCHIVE
    if not archive.is_file() or (folder / "key").read_text("utf-8") != _key(session, packages):
        return False
    command = ["tar", "--extract", "--gzip", "--preserve-permissions", "--file", str(archive)]
    unpacked = subprocess.run([*command, "--directory", str(session.build.tree)], check=False)
    if unpacked.returncode:
        trees.remove(folder)
        raise BuildpackError("cache::pip-damaged", _DAMAGED)
    return True


def is_there(build: Build) -> bool:
    """Tell if an earlier build kept one, of whatever version."""
    return _folder(build).is_dir()


def _folder(build: Build) -> Path:
    return build.cache / "python-pip"


def _key(session: Session, packages: tuple[str, ...]) -> str:
    """Name what the files depend on: scripts name Python's place, bytecode is a series' own."""
    return "\n".join([session.build.stack, python_home.series(session.build.tree), str(session.home), *packages])


def _files(session: Session, packages: tuple[str, ...]) -> Iterator[Path]:
    """Return the files that pip's own records list, by their places in the tree."""
    names = {normalized(package.partition("==")[0]) for package in packages}
    site = session.site_packages
    for record in sorted(site.glob("*.dist-info/RECORD")):
        if normalized(record.parent.name.partition("-")[0]) in names:
            with record.open(encoding="utf-8", newline="") as rows:
                listed = [Path(os.path.normpath(site / row[0])) for row in csv.reader(rows) if row]
            yield from (path.relative_to(session.home) for path in listed if path.is_relative_to(session.home))


def _pack(tree: Path, files: Iterable[Path], archive: Path) -> None:
    """Pack them with their times to the nanosecond, which tar's older formats have not."""
    command = ["tar", "--create", "--format=posix", "--use-compress-program=gzip -1", "--file", str(archive)]
    command += ["--directory", str(tree), "--no-recursion", "--null", "--verbatim-files-from", "--files-from=-"]
    subprocess.run(command, input=b"\0".join(map(os.fsencode, files)), check=True)
