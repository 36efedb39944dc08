"""The files of an app that decide what becomes of it, each of them read once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from localku.project import app_files, app_json, bower, buildpacks_file, dependencies, env_file, procfile

if TYPE_CHECKING:
    from pathlib import Path

    from localku.project.app_json import AppJson
    from localku.project.env_file import EnvFile
    from localku.project.procfile import Procfile


@dataclass(frozen=True)
class Project:
    """The app at `root`. Each property reads its file when it is first asked, and is the same from then on.

    `env_root` is the folder whose `.env` counts, which no commit and no upload has; None where none does.
    A file that cannot be read is a LocalkuError each time it is asked for.
    """

    root: Path
    env_root: Path | None = None

    @cached_property
    def app_json(self) -> AppJson | None:
        return app_json.read(self.root)

    @cached_property
    def procfile(self) -> Procfile | None:
        return procfile.read(self.root)

    @cached_property
    def buildpacks(self) -> tuple[str, ...]:
        """What `.buildpacks` lists."""
        return buildpacks_file.read(self.root) or ()

    @cached_property
    def components_folder(self) -> str | None:
        """Where bower puts components, below the app; None where it puts none."""
        found = bower.read(self.root)
        return found.directory if found else None

    @cached_property
    def postgres_driver(self) -> str | None:
        """A sentence on the dependency that needs a Postgres, None where none does."""
        return dependencies.postgres_driver(self.root)

    @cached_property
    def env(self) -> EnvFile | None:
        return env_file.read(self.env_root) if self.env_root else None

    @cached_property
    def env_digest(self) -> str | None:
        """What tells one `.env` from another."""
        raw = app_files.read_bytes(self.env_root, env_file.NAME) if self.env_root else None
        return None if raw is None else hashlib.sha256(raw).hexdigest()
