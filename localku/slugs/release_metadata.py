"""What a buildpack's bin/release prints: YAML with add-ons and default process types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ReleaseMetadata:
    addons: tuple[str, ...] = ()
    default_process_types: Mapping[str, str] | None = None


class UnreadableMetadata(ValueError):
    """The YAML cannot be read; the text says where."""


def parse(text: str) -> ReleaseMetadata:
    """Read bin/release's output; nothing, or only `---`, is an empty answer."""
    if text.strip() in {"", "---"}:
        return ReleaseMetadata()
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's words are the ones Heroku prints
    try:
        found = yaml.load(text, loader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1} column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise UnreadableMetadata(f"{problem}{where}") from error
    if found is None:
        return ReleaseMetadata()
    if not isinstance(found, dict):
        raise UnreadableMetadata("it is not a mapping")
    addons = found.get("addons") or []
    types = found.get("default_process_types") or {}
    if not isinstance(addons, list) or not isinstance(types, dict):
        raise UnreadableMetadata("addons must be a list and default_process_types a mapping")
    return ReleaseMetadata(
        addons=tuple(str(addon) for addon in addons),
        default_process_types={str(name): str(command) for name, command in types.items() if command is not None},
    )
