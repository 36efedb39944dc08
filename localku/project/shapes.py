"""Taking typed values out of JSON somebody wrote by hand, with an error that names the place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localku.errors import Invalid, LocalkuError

if TYPE_CHECKING:
    from collections.abc import Mapping


def wrong(name: str, where: str, want: str, example: object) -> LocalkuError:
    """The error for a value of the wrong shape: `name` is the file, `where` a dotted path in it."""
    return Invalid(f"{name}: {where} must be {want}.", f"For example: {json.dumps(example)}")


def text(data: Mapping[str, Any], key: str, name: str, *, where: str = "") -> str | None:
    """`data[key]` as a string; None when it is missing or null."""
    value = data.get(key)
    if value is None or isinstance(value, str):
        return value
    raise wrong(name, where or key, "a string", {key: "…"})


def mapping(data: Mapping[str, Any], key: str, name: str, example: object) -> dict[str, Any]:
    """`data[key]` as an object; empty when it is missing or null."""
    value = data.get(key)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise wrong(name, key, "an object", {key: example})


def sequence(data: Mapping[str, Any], key: str, name: str, example: object) -> list[Any]:
    """`data[key]` as a list; empty when it is missing or null."""
    value = data.get(key)
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise wrong(name, key, "a list", {key: example})


def strings(data: Mapping[str, Any]) -> dict[str, str]:
    """The entries whose value is a string; npm and bower drop the others as well."""
    return {key: value for key, value in data.items() if isinstance(value, str)}


def scalar(value: object) -> str | None:
    """A string, number or boolean as its JSON text; None for null, a list or an object."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return None
