"""The source of each slug as its deploy has seen it, kept for who explains why that slug's dynos fail.

The server never reads an app's folder: it may be another user's, be moved or gone, or have changed since the deploy.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from localku.context import Context
from localku.doctor import source_seen
from localku.doctor.source_seen import UNSEEN, SourceSeen
from localku.errors import LocalkuError
from localku.platform import source_reading
from localku.project import dependencies, python_version
from localku.project.git.beneath import Beneath
from localku.project.project_files import Project
from localku.project.sources import source_file
from localku.project.sources.app_source import Source
from localku.records import App, Slug

FOLDER = "doctor"
"""The folder in the app's folder in the state folder."""

KEPT = 6
"""Sources that stay per app, besides that in force: as many as slugs stay for a rollback, and the newest."""

MOST_TEXT = 1024 * 1024
"""Bytes of text of one source; less than a quarter of it is kept on the disk (own)."""

_DECIDE = frozenset(
    {*dependencies.PYTHON_FILES, *dependencies.NODE_FILES, *python_version.MISSPELLED, python_version.RUNTIME_TXT,
     python_version.PYTHON_VERSION, "app.json", ".buildpacks"}
)  # fmt: skip
"""Files that are read again after they were collected."""


class Look:
    """At the source of a build, while that goes on. Nothing is seen of one that cannot be read or has changed."""

    def __init__(self, project: Project, files: Source) -> None:
        self._project = project
        self._files = files
        self._one = threading.Lock()
        self._found: bytes | None = None
        self._done = False

    def begin(self) -> None:
        """Look, unless that is done; from any thread."""
        with self._one:
            if not self._done:
                self._found, self._done = _seen(self._project, self._files), True

    def end(self, sent: Source) -> bytes | None:
        """Return what to keep of the source that was built, which may be newer than the one that was collected."""
        if sent.fingerprint != self._files.fingerprint:
            return _seen(self._project, sent)
        self.begin()
        return self._found


def keep(context: Context, app: App, slug: Slug, seen: bytes | None) -> None:
    """Keep it, in one step, and take away those of slugs that are gone. A full disk keeps none."""
    folder = context.store.folder(app) / FOLDER
    slugs = [one.id for one in context.store.releases.slugs(app)[:KEPT]]
    current = context.store.releases.current_slug(app)
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        if seen is not None:
            _write(_file(folder, slug.id), seen)
        needed = {_file(folder, ident) for ident in (*slugs, *((current.id,) if current else ()))}
        for file in set(folder.glob(_file(folder, "*").name)) - needed:
            file.unlink(missing_ok=True)


def find(context: Context, app: App, slug: Slug | None) -> SourceSeen:
    """Return what the deploy that made the slug has seen; `UNSEEN` where it has left nothing."""
    if slug is None:
        return UNSEEN
    try:
        content = _file(context.store.folder(app) / FOLDER, slug.id).read_bytes()
    except OSError:
        return UNSEEN
    return source_seen.parse(content) or UNSEEN


def _seen(project: Project, files: Source) -> bytes | None:
    with suppress(LocalkuError, OSError):
        found = source_reading.of(files, project.env_root, most=MOST_TEXT)
        if not _has_changed(files, {*_DECIDE, *found.python.values(), *found.python_left_out.values()}):
            return source_seen.format(SourceSeen(found, _buildpacks(project), _env_names(project)))
    return None


def _has_changed(files: Source, read: Collection[str]) -> bool:
    """Whether one of these is not what was collected any more. Raises OSError where it is gone."""
    with Beneath(files.root) as below:
        for one in files.files:
            now = source_file.look(below, one.path) if one.path in read else one
            if now is None or now.digest != one.digest:
                return True
    return False


def _buildpacks(project: Project) -> tuple[str, ...]:
    with suppress(LocalkuError):
        return (project.app_json.buildpacks if project.app_json else ()) or project.buildpacks
    return ()


def _env_names(project: Project) -> frozenset[str]:
    with suppress(LocalkuError):
        return frozenset(project.env.values if project.env else ())
    return frozenset()


def _file(folder: Path, ident: int | str) -> Path:
    return folder / f"slug-{ident}.json.gz"


def _write(file: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile("wb", dir=file.parent, delete=False) as fresh:
        try:
            fresh.write(content)
            fresh.flush()
            Path(fresh.name).replace(file)
        except BaseException:
            Path(fresh.name).unlink(missing_ok=True)
            raise
