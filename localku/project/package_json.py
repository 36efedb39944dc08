"""package.json, as far as building and running an app needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localku.project import shapes
from localku.project.app_files import is_file, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "package.json"
LOCK_FILES = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml")


@dataclass(frozen=True)
class PackageJson:
    """The parts of package.json Heroku's Node buildpack reads; `raw` is the whole object.

    `engines` maps node, npm, yarn … to a range as written; `package_manager` is as written too, such
    as `pnpm@9.1.0`; `lock_files` are the names of those found beside it.
    """

    name: str | None
    engines: Mapping[str, str]
    scripts: Mapping[str, str]
    dependencies: Mapping[str, str]
    dev_dependencies: Mapping[str, str]
    cache_directories: tuple[str, ...]
    package_manager: str | None
    raw: Mapping[str, Any]
    lock_files: tuple[str, ...] = ()


def read(root: Path) -> PackageJson | None:
    """The package.json of the app at `root`, None when it has none. LocalkuError when it is broken."""
    data = read_json(root, NAME)
    return None if data is None else from_data(data, lock_files(root))


def lock_files(root: Path) -> tuple[str, ...]:
    """Names of the lock files at `root`; npm, yarn and pnpm each know their own."""
    return tuple(name for name in LOCK_FILES if is_file(root, name))


def from_data(data: Mapping[str, Any], locks: tuple[str, ...] = ()) -> PackageJson:
    """Check and name the parts of a parsed package.json."""
    engines = shapes.mapping(data, "engines", NAME, {"node": "24.x"})
    return PackageJson(
        name=shapes.scalar(data.get("name")),
        engines={key: _engine(key, value) for key, value in engines.items() if value is not None},
        scripts=shapes.strings(shapes.mapping(data, "scripts", NAME, {"start": "node server.js"})),
        dependencies=shapes.strings(shapes.mapping(data, "dependencies", NAME, {"express": "^5.0.0"})),
        dev_dependencies=shapes.strings(shapes.mapping(data, "devDependencies", NAME, {"vite": "^7.0.0"})),
        cache_directories=_cache_directories(data),
        package_manager=shapes.text(data, "packageManager", NAME),
        raw=data,
        lock_files=locks,
    )


def _engine(key: str, value: object) -> str:
    asked = shapes.scalar(value)
    if asked is None:
        raise shapes.wrong(NAME, f"engines.{key}", "a version range", {key: "24.x"})
    return asked.strip()


def _cache_directories(data: Mapping[str, Any]) -> tuple[str, ...]:
    key = "cacheDirectories" if data.get("cacheDirectories") is not None else "cache_directories"
    example = ["node_modules"]
    folders = shapes.sequence(data, key, NAME, example)
    if not all(isinstance(folder, str) for folder in folders):
        raise shapes.wrong(NAME, key, "a list of folder names", {key: example})
    return tuple(folders)
