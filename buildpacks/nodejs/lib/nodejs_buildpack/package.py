"""What package.json says, as far as a build asks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# npm runs these of the app's own package.json during an install.
INSTALL_SCRIPTS = (
    "preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare",
    "pnpm:devPreinstall", "dependencies",
)  # fmt: skip
_LOCAL = ("file:", "link:", "portal:", "workspace:", "./", "../", "/", "~/")


class NotJson(Exception):
    """package.json cannot be read as a JSON object; the first argument says where."""


@dataclass(frozen=True)
class Package:
    """Fields of the wrong type count as absent, as jq makes of them on Heroku."""

    scripts: dict[str, str] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    package_manager: str = ""
    cache_directories: tuple[str, ...] = ()
    dependencies: dict[str, str] = field(default_factory=dict)
    dev_dependencies: dict[str, str] = field(default_factory=dict)
    workspaces: bool = False

    @property
    def local_dependencies(self) -> bool:
        """Tell if a dependency is a folder of the app itself, which changes with the source."""
        return self.workspaces or any(
            spec.startswith(_LOCAL) for spec in (*self.dependencies.values(), *self.dev_dependencies.values())
        )

    @property
    def install_scripts(self) -> dict[str, str]:
        return {name: self.scripts[name] for name in INSTALL_SCRIPTS if name in self.scripts}


def read(path: Path) -> Package:
    """Read package.json. NotJson when it does not parse or is not an object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as exc:
        raise NotJson(str(exc)) from exc
    if not isinstance(content, dict):
        raise NotJson("it is not a JSON object")
    return Package(
        scripts=_strings(content.get("scripts")),
        engines=_strings(content.get("engines")),
        package_manager=_string(content.get("packageManager")),
        cache_directories=_list(content.get("cacheDirectories")) or _list(content.get("cache_directories")),
        dependencies=_strings(content.get("dependencies")) | _strings(content.get("optionalDependencies")),
        dev_dependencies=_strings(content.get("devDependencies")),
        workspaces=bool(content.get("workspaces")),
    )


def _string(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _strings(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name: text.strip() for name, text in value.items() if isinstance(text, str)}


def _list(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
