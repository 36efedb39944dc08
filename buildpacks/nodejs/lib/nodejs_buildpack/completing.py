"""Programs of the registry that are not whole: Yarn before 0.28 leaves the modules it needs to whoever installs it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from nodekit import tree
from nodekit.fetch import FetchError

if TYPE_CHECKING:
    from nodekit.runtime import Package as Unpacked

    from .build import Build

_INSTALL = ("install", "--production", "--ignore-scripts", "--no-package-lock", "--no-progress")


def complete(build: Build, tool: Unpacked, node: Unpacked, npm: Unpacked) -> None:
    """Install what the tool needs into its folder in the cache, unless it is there. FetchError if that fails."""
    modules = tool.folder / "node_modules"
    manifest = json.loads((tool.folder / "package.json").read_text())
    if not manifest.get("dependencies") or modules.is_dir():
        return
    if build.offline:
        raise FetchError(f"{tool.name} {tool.version}: this build has no network and the cache does not hold all of it")
    program = npm.folder / "bin" / "npm-cli.js"
    done = subprocess.run(
        [node.folder / "bin" / "node", program, *_INSTALL],
        cwd=tool.folder,
        env=build.env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        tree.remove(modules)
        raise FetchError(f"{tool.name} {tool.version}: npm could not install what it needs\n{done.stderr.strip()}")
