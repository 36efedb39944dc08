"""bower.json and .bowerrc."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from localku.errors import Invalid
from localku.project import shapes
from localku.project.app_files import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "bower.json"
RC = ".bowerrc"
DEFAULT_DIRECTORY = "bower_components"


@dataclass(frozen=True)
class Bower:
    """`directory` is where components go, a POSIX path below the app; `registry` the search URLs.

    `dependencies` map a component to a version, URL or `name#version`, as written.
    """

    name: str | None
    directory: str
    registry: tuple[str, ...]
    dependencies: Mapping[str, str]
    dev_dependencies: Mapping[str, str]
    resolutions: Mapping[str, str]
    resolvers: tuple[str, ...]


def read(root: Path) -> Bower | None:
    """What bower would do in the app at `root`, None without a bower.json. LocalkuError when broken."""
    data = read_json(root, NAME)
    if data is None:
        return None
    config = read_json(root, RC) or {}
    return Bower(
        name=shapes.scalar(data.get("name")),
        directory=_directory(config),
        registry=_registry(config.get("registry")),
        dependencies=_components(data, "dependencies"),
        dev_dependencies=_components(data, "devDependencies"),
        resolutions=_components(data, "resolutions"),
        resolvers=_list_of_text(config.get("resolvers"), "resolvers"),
    )


def _components(data: Mapping[str, Any], key: str) -> dict[str, str]:
    return shapes.strings(shapes.mapping(data, key, NAME, {"jquery": "~2.2.0"}))


def _directory(config: Mapping[str, Any]) -> str:
    written = shapes.text(config, "directory", RC) or DEFAULT_DIRECTORY
    path = PurePosixPath(written)
    if path.is_absolute() or ".." in path.parts or "\0" in written or path == PurePosixPath():
        raise Invalid(
            f".bowerrc: directory {written!r} is not a folder below the app.",
            "A build keeps only files below the app: name a folder such as `static/components`.",
        )
    return str(path)


def _registry(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict):
        value = value.get("search")
        return (value,) if isinstance(value, str) else _list_of_text(value, "registry.search")
    if value is None:
        return ()
    raise shapes.wrong(RC, "registry", "a URL or an object", {"registry": {"search": ["URL"]}})


def _list_of_text(value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise shapes.wrong(RC, where, "a list of strings", ["…"])
