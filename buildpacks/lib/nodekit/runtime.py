"""Put Node and programs from the npm registry into a prefix such as BUILD_DIR/.heroku/node."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handover import spares

from . import bundled_npm, releases
from .fetch import FetchError
from .tree import FIXED_TIME, place, remove, set_fixed_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from .registry import Artifact, Registry
    from .semver import Version

_LAYOUT = "1"
# Parts that a dyno has no use for. The C++ headers, half of the files, serve the build from the cache.
_NOT_INSTALLED = frozenset(("package.json", "README.md", "CHANGELOG.md", "share", "include"))
# npm's manuals and tests: a fifth of its files.
_NPM_MANUALS = frozenset(("docs", "doc", "html", "man", "test", "changelogs"))


@dataclass(frozen=True)
class Package:
    """An unpacked package in the cache; `commands` are those that its package.json does not name."""

    name: str
    version: str
    folder: Path
    commands: Mapping[str, str] = field(default_factory=dict)


def have_node(registry: Registry, version: str) -> bool:
    """Tell if this Node is in the cache."""
    return registry.cached_tool(releases.package_name(), version) is not None


def node_folder(registry: Registry, artifact: Artifact) -> Path:
    """Return the unpacked Node in the cache, with `bin/node`. FetchError if it cannot be had."""
    if not have_node(registry, artifact.version):
        artifact = releases.with_checksum(artifact, registry)
    return unpacked_node(registry, releases.package_name(), artifact)


def unpacked_node(registry: Registry, name: str, artifact: Artifact) -> Path:
    """Return the folder of an unpacked tarball that shall hold a Node, which is under `name` in the cache."""
    folder = registry.tool(name, artifact)
    program = folder / "bin" / "node"
    if not program.is_file():
        remove(folder)
        raise FetchError(f"{artifact.url}: there is no bin/node in it")
    spares.executable(program)
    return folder


def build_settings(folder: Path) -> dict[str, str]:
    """Return the variables by which node-gyp finds Node's headers; old and new npm read different names."""
    names = ("npm_config_nodedir", "npm_package_config_node_gyp_nodedir")
    return dict.fromkeys(names, str(folder)) if (folder / "include" / "node").is_dir() else {}


def install(build_dir: Path, path: str, node: Package, packages: Sequence[Package]) -> None:
    """Make BUILD_DIR/PATH a prefix with Node and `packages`, or take over the last build's.

    Where two packages have one command, the later one's wins.
    """
    made_of = (_LAYOUT, sorted(_NOT_INSTALLED), sorted(_NPM_MANUALS), releases.machine())
    versions = [(package.name, package.version) for package in (node, *packages)]
    token = spares.token(*made_of, *versions)
    if spares.take(build_dir, path, token):
        return
    prefix = build_dir / path
    _install_node(node.folder, prefix)
    for package in packages:
        _install_package(package, prefix)
    settle(prefix)
    spares.announce(build_dir, path, token)


def _install_node(folder: Path, prefix: Path) -> None:
    """Put the unpacked Node at `prefix`, without an npm."""
    skip = {*_NOT_INSTALLED, "lib/node_modules/npm", "bin/npm", "bin/npx"}
    place(folder, prefix, skip=skip)
    (prefix / "lib" / "node_modules").mkdir(parents=True, exist_ok=True)


def shipped_npm(registry: Registry, folder: Path, node: Version) -> tuple[str, Path]:
    """Return the version and folder of the npm that this Node release shipped with."""
    inside = folder / "lib" / "node_modules" / "npm"
    if inside.is_dir():
        return str(_manifest(inside)["version"]), inside
    changelog = folder / "CHANGELOG.md"
    exact = bundled_npm.from_changelog(changelog.read_text(errors="replace"), node) if changelog.is_file() else None
    exact = exact or bundled_npm.from_table(node)
    if exact and (kept := registry.cached_tool("npm", exact)):
        return exact, kept
    artifact = registry.best("npm", exact or bundled_npm.by_major(node), node=node)
    artifact = artifact or registry.best("npm", bundled_npm.by_major(node), node=node)
    if artifact is None:
        raise FetchError(f"the npm registry has no npm for Node.js {node}")
    return artifact.version, registry.tool("npm", artifact)


def _install_package(package: Package, prefix: Path) -> None:
    """Put an unpacked package at `prefix/lib/node_modules/NAME` and its commands in `prefix/bin`."""
    folder, name = package.folder, package.name
    target = prefix / "lib" / "node_modules" / name
    for command, path in (*_commands(folder, name), *package.commands.items()):
        spares.executable(folder / path)
        link = prefix / "bin" / command
        remove(link)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(f"../lib/node_modules/{name}/{path}")
        set_fixed_time(link)
    place(folder, target, skip=_NPM_MANUALS if name == "npm" else frozenset())


def settle(prefix: Path) -> None:
    """Give the folders that were assembled here the one fixed time, so that two builds leave the same tree."""
    etc = prefix / "etc"
    if etc.is_dir() and not any(etc.iterdir()):
        etc.rmdir()  # npm 3 makes it
    modules = prefix / "lib" / "node_modules"
    scopes = [each for each in modules.iterdir() if each.name.startswith("@")]
    for folder in (*scopes, modules, prefix / "lib", prefix / "bin", prefix):
        if folder.is_dir() and folder.stat().st_mtime != FIXED_TIME:
            set_fixed_time(folder)


def _manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "package.json").read_text())
    return content


def _commands(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    declared = _manifest(folder).get("bin") or {}
    if isinstance(declared, str):
        declared = {name.rpartition("/")[2]: declared}
    for command, path in declared.items():
        clean = path.removeprefix("./")
        if (folder / clean).is_file():
            yield command, clean
