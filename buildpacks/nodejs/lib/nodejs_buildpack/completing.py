"""Programs of the registry that are not whole: Yarn before 0.28 leaves the modules it needs to whoever installs it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nodekit.fetch import FetchError

if TYPE_CHECKING:
    from nodekit.runtime import Package as Unpacked

    from .build import Build

_INSTALL = ("install", "--ignore-scripts", "--no-package-lock", "--no-progress")


def complete(build: Build, tool: Unpacked, node: Unpacked, npm: Unpacked) -> None:
    """Install what the tool needs into its folder in the cache, unless it is there. FetchError if that fails."""
    needed = json.loads((tool.folder / "package.json").read_text()).get("dependencies")
    modules = tool.folder / "node_modules"
    if not needed or modules.is_dir():
        return
    if build.offline:
        raise FetchError(f"{tool.name} {tool.version}: this build has no network and the cache does not hold all of it")
    with tempfile.TemporaryDirectory(dir=tool.folder.parent) as made:
        # Without the tool's devDependencies, which npm would ask the registry for.
        (Path(made) / "package.json").write_text(json.dumps({"dependencies": needed}))
        command = [str(node.folder / "bin" / "node"), str(npm.folder / "bin" / "npm-cli.js"), *_INSTALL]
        done = subprocess.run(command, cwd=made, env=build.env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise FetchError(f"{tool.name} {tool.version}: npm could not install what it needs\n{done.stderr.strip()}")
        (Path(made) / "node_modules").rename(modules)
