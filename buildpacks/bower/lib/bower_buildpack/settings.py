"""What bower.json, .bowerrc and the environment say, as far as the buildpack asks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nodekit.output import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_DEFAULT_DIRECTORY = "bower_components"
_LOCAL = re.compile(r"^(?:\.{0,2}/|file:)")


@dataclass(frozen=True)
class Settings:
    """`directory` is where the components go, relative to the app; `repeatable`: files alone decide what comes."""

    directory: str
    repeatable: bool


def read(build_dir: Path, env: Mapping[str, str]) -> Settings:
    """Read both files. BuildFailed when one does not parse, or would install outside the app."""
    manifest = _json(build_dir / "bower.json")
    chosen = _json(build_dir / ".bowerrc") if (build_dir / ".bowerrc").is_file() else {}
    directory = env.get("bower_directory") or chosen.get("directory") or _DEFAULT_DIRECTORY
    return Settings(directory=_inside(str(directory)), repeatable=_repeatable(manifest, chosen))


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as exc:
        raise BuildFailed(f"Error: Unable to parse your {path.name}.\n\n{exc}") from exc
    if not isinstance(content, dict):
        raise BuildFailed(f"Error: Unable to parse your {path.name}.\n\nIt is not a JSON object.")
    return content


def _inside(directory: str) -> str:
    path = PurePosixPath(directory)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise BuildFailed(
            f"Error: .bowerrc puts the components outside of the app ({directory}).\n\n"
            "Only what lies in the app's folder becomes part of the slug: name a relative folder.",
        )
    return str(path)


def _repeatable(manifest: dict[str, Any], chosen: dict[str, Any]) -> bool:
    """A local component changes with the source, and scripts of .bowerrc may do anything: then bower runs."""
    named = {**_mapping(manifest.get("dependencies")), **_mapping(manifest.get("devDependencies"))}
    local = any(_LOCAL.match(str(source)) for source in named.values())
    return not local and not chosen.get("scripts") and not chosen.get("cwd")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
