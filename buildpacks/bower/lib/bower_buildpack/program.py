"""Find a bower to run: the app's own, or one from the npm registry; and a Node to run it with."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodekit import releases, runtime
from nodekit.fetch import FetchError
from nodekit.output import BuildFailed, info

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nodekit.registry import Registry

# The last line of bower; its package holds everything it needs and runs on any Node from 0.10 on.
_OWN = "1.8.x"


@dataclass(frozen=True)
class Program:
    """`command` starts bower, `path` is the PATH it needs, `version` bower's."""

    command: tuple[str, ...]
    path: str
    version: str


def find(build_dir: Path, registry: Registry, env: Mapping[str, str]) -> Program:
    """Return a bower that can be run. BuildFailed when neither app, cache nor registry has one."""
    try:
        path = _path_with_node(build_dir, registry, env)
        return _of_app(build_dir, path) or _own(registry, path)
    except FetchError as exc:
        raise BuildFailed(f"Error: Unable to download bower.\n\n{exc}\n\n{_todo(registry)}") from exc


def _todo(registry: Registry) -> str:
    if registry.offline:
        return "Build once with a network: what is downloaded then is kept for builds without one."
    return "Check the network, proxy and certificate settings of this machine (https_proxy, SSL_CERT_FILE)."


def _path_with_node(build_dir: Path, registry: Registry, env: Mapping[str, str]) -> str:
    """Return a PATH with Node on it: the nodejs buildpack's, or one that stays in the cache and out of the slug."""
    path = f"{build_dir}/node_modules/.bin{os.pathsep}{env.get('PATH', os.defpath)}"
    if shutil.which("node", path=path):
        return path
    found = releases.resolve("", releases.available(registry), allow_wide=False)
    if found is None:
        raise FetchError(f"no Node.js {releases.RECOMMENDED_LTS} is listed")
    info(f"No node on the PATH: using node {found.version} for bower alone")
    return f"{runtime.node_folder(registry, found.artifact)}/bin{os.pathsep}{path}"


def _of_app(build_dir: Path, path: str) -> Program | None:
    manifest = build_dir / "node_modules" / "bower" / "package.json"
    if not manifest.is_file() or not (build_dir / "node_modules" / ".bin" / "bower").exists():
        return None
    version = str(json.loads(manifest.read_text()).get("version", ""))
    info(f"Using bower {version} (node_modules)")
    return Program(("bower",), path, version)


def _own(registry: Registry, path: str) -> Program:
    artifact = registry.best("bower", _OWN)
    if artifact is None:
        raise FetchError(f"the npm registry has no bower {_OWN}")
    folder = registry.tool("bower", artifact)
    info(f"Using bower {artifact.version} (package.json names none)")
    return Program(("node", str(folder / "bin" / "bower")), path, artifact.version)
