"""An app's files on their way into its build: all of them, or those that the build of a large app asks for."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import replace

from localku.project.sources import source_tar
from localku.project.sources.app_source import Source
from localku.project.sources.source_file import SourceFile, fingerprint
from localku.slugs.building.job import Job
from localku.slugs.building.parcel import Parcel
from localku.telling import Progress


class Packing:
    """`sent` is the source as the build has it, for files may have changed since they were collected."""

    def __init__(self, files: Source, job: Job, mtime: int, progress: Progress) -> None:
        self.sent = files
        self._job = job
        self._mtime = mtime
        self._progress = progress

    def __call__(self, paths: Collection[str] | None) -> Parcel:
        there, wanted = _parted(self.sent.files, paths)
        archive = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends the parcel closes it
        packed = source_tar.tar(
            replace(self.sent, files=wanted),
            archive,
            prefix=self._job.build_dir,
            uid=self._job.who.uid,
            gid=self._job.who.gid,
            mtime=self._mtime,
            progress=self._progress,
        )
        files = tuple(sorted((*there, *packed.files), key=lambda file: file.path))
        self.sent = replace(self.sent, files=files, fingerprint=fingerprint(files))
        return Parcel(archive, {file.path: file.digest.hex() for file in packed.files if file.link is None})


Files = tuple[SourceFile, ...]


def _parted(files: Files, paths: Collection[str] | None) -> tuple[Files, Files]:
    """Return those that the build has, and those that go to it: links in any case."""
    if paths is None:
        return (), files
    named = set(paths)
    goes = {file.path for file in files if file.link is not None or file.path in named}
    return tuple(file for file in files if file.path not in goes), tuple(file for file in files if file.path in goes)
