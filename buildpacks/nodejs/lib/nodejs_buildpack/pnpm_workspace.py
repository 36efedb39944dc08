"""A pnpm workspace: whether the app is one, and its projects."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from nodekit.output import BuildFailed

from .package import NotJson, read

if TYPE_CHECKING:
    from .build import Build

_FILE = "pnpm-workspace.yaml"
_LIST = ("pnpm", "list", "--recursive", "--json", "--depth", "-1")
_LIFECYCLE = ("pnpm:devPreinstall", "preinstall", "install", "postinstall", "prepare")


def configured(build: Build) -> bool:
    """Tell if pnpm-workspace.yaml lists packages; since pnpm 10.5 it may hold other settings alone."""
    path = build.build_dir / _FILE
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    return any(line.partition(":")[0].strip("\"'") == "packages" and ":" in line for line in lines)


def projects(build: Build) -> list[Path]:
    """Return the folders of all projects, the root's among them, as pnpm lists them."""
    done = subprocess.run(_LIST, cwd=build.build_dir, env=build.env, capture_output=True, text=True, check=False)
    try:
        return [Path(one["path"]) for one in json.loads(done.stdout)]
    except (ValueError, TypeError, KeyError) as exc:
        said = (done.stderr or done.stdout).strip()
        raise BuildFailed(f"Error: pnpm could not list the projects of the workspace.\n\n{said}") from exc


def has_lifecycle_script(project: Path) -> bool:
    """Tell if package.json has a script that pnpm runs when it installs."""
    try:
        return any(name in _LIFECYCLE for name in read(project / "package.json").scripts)
    except NotJson:
        return False
