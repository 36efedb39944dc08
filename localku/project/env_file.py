"""A `.env` file, and where `heroku local` would read the same lines otherwise."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localku.errors import Invalid, LocalkuError
from localku.project.app_files import parse_json, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dotenv.parser import Binding

NAME = ".env"

_SHORTEST = 3
"""Characters: node-foreman drops shorter lines, so `A=` does not even set an empty value."""


@dataclass(frozen=True)
class EnvFile:
    """`values` as python-dotenv reads them, without interpolation; one warning per doubtful line."""

    values: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def read(root: Path, name: str = NAME, *, named: bool = False) -> EnvFile | None:
    """The file `root/name`, None when there is none. LocalkuError when it is not text.

    Only a file that the user has `named` may be outside `root`.
    """
    text = read_text(root, name, named=named)
    return None if text is None else parse(text, name)


def parse(text: str, name: str = NAME) -> EnvFile:
    """Read `NAME=value` lines; `name` is only for messages. No value ever appears in a warning."""
    from dotenv.parser import parse_stream

    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith("{") and (found := _from_json(text, name)) is not None:
        return found
    values: dict[str, str] = {}
    warnings: list[str] = []
    for binding in parse_stream(io.StringIO(text)):
        line = _first_line(binding)
        if binding.error:
            warnings.append(f"{name} line {line} is not NAME=value; ignored.")
        elif binding.key is not None and binding.value is None:
            warnings.append(f"{name} line {line}: {binding.key} has no value; ignored. Write `{binding.key}=`.")
        elif binding.key is not None and binding.value is not None:
            if "\0" in binding.key + binding.value:
                raise Invalid(f"{name} line {line} holds a NUL byte.", "A config var cannot: remove it.")
            values[binding.key] = binding.value
            warnings += [f"{name} line {line}: {text}" for text in _differences(binding, binding.key)]
    return EnvFile(values, tuple(warnings))


def _from_json(text: str, name: str) -> EnvFile | None:
    """What node-foreman makes of a JSON object: NAME_SUBNAME in capitals; None where it is no JSON."""
    try:
        data = parse_json(text, name)
    except LocalkuError:
        return None
    values = dict(_flattened(data, ()))
    if any("\0" in key + value for key, value in values.items()):
        raise Invalid(f"{name} holds a NUL byte.", "A config var cannot: remove it.")
    return EnvFile(values)


def _flattened(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _flattened(part, (*path, str(key)))
    elif value is not None:
        yield "_".join(path).upper(), _as_javascript(value)


def _as_javascript(value: str | float | bool) -> str:  # noqa: FBT001 - a value of JSON
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _first_line(binding: Binding) -> int:
    """The line of the binding itself: python-dotenv counts from the blank lines before it."""
    before = binding.original.string
    blank = before[: len(before) - len(before.lstrip())]
    return binding.original.line + len(re.findall(r"\r\n|\n|\r", blank))


def _differences(binding: Binding, key: str) -> Iterator[str]:
    original = binding.original.string.strip()
    if "\n" in original or "\r" in original:
        yield f"{key} spans several lines; `heroku local` reads only the first."
        return
    if len(original) < _SHORTEST:
        yield f"`heroku local` drops {key}: the line is shorter than {_SHORTEST} characters."
        return
    theirs, value = _foreman(original)
    if theirs != key:
        yield f"`heroku local` names it {theirs!r}, not {key}: remove what precedes it."
    elif value is None:
        yield f"`heroku local` cannot read the quotes of {key}."
    elif value != binding.value:
        yield f"`heroku local` reads a different value for {key}: {_why(original)}"


def _foreman(line: str) -> tuple[str, str | None]:
    """(name, value) as node-foreman 3 reads one line; value None where it fails on an open quote."""
    name, _, rest = line.partition("=")
    rest = rest.strip()
    if rest[:1] in {'"', "'"}:
        end = rest.find(rest[0], 1)
        return name.strip(), None if end < 0 else rest[1:end]
    return name.strip(), re.sub(r"\s*#.*$", "", rest)


def _why(line: str) -> str:
    value = line.partition("=")[2].strip()
    if value[:1] in {'"', "'"}:
        return "it does not know backslash escapes, and stops at the first closing quote."
    return "it cuts at `#`; put the value in single quotes."
