"""The Procfile: the process types of an app and the command of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.errors import Invalid
from localku.project.app_files import read_text
from localku.project.procfile_guess import Guess, guess

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["NAME", "NONE_DECLARED", "Guess", "Procfile", "guess", "meant", "misnamed", "parse", "read"]

NAME = "Procfile"

NONE_DECLARED = "Procfile declares types     -> (none)"
"""What Heroku's build says when there is no Procfile."""

MAX_NAME = 128
"""Characters of a process type's name: the Platform API's `^[-\\w]{1,128}$`."""

_LINE = re.compile(r"([A-Za-z0-9_-]+)[ \t]*:(.*)", re.DOTALL)
_FIXED_PORT = re.compile(
    r"(?:(?:^|\s)(?:-b|--bind|--port|-p)[ =]|\srunserver\s+)(?:[\w.\[\]:*-]*:)?([0-9]{2,5})(?=\s|$)"
)


@dataclass(frozen=True)
class Procfile:
    """`types` maps a process type to its shell command, in the order of the file."""

    types: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def read(root: Path) -> Procfile | None:
    """The Procfile of the app at `root`, None when it has none. LocalkuError when it is broken."""
    text = read_text(root, NAME)
    return None if text is None else parse(text)


def parse(text: str) -> Procfile:
    """Read `type: command` lines; `#` starts a comment line, the last of two equal names wins."""
    warnings = []
    if text.startswith("\ufeff"):
        warnings.append("Procfile starts with a byte order mark; localku drops it. Save it as plain UTF-8.")
        text = text[1:]
    if "\r" in text:
        warnings.append("Procfile has Windows line ends; localku drops them. Save it with Unix line ends (LF).")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    types: dict[str, str] = {}
    continued = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        name, command = _entry(line, number, continued)
        if command.endswith("\\"):
            warnings.append(f"Procfile line {number} ends in a backslash: a Procfile has no continued lines.")
            continued = number
        if name in types:
            warnings.append(f"Procfile line {number}: {name} is declared twice; this last line counts.")
        types[name] = command
    warnings += _port_warnings(types)
    return Procfile(types, tuple(warnings))


def misnamed(root: Path) -> str | None:
    """The name of a file Heroku ignores though it was surely meant as the Procfile, or None."""
    try:
        names = sorted(entry.name for entry in root.iterdir() if entry.is_file())
    except OSError:
        return None
    if NAME in names:
        return None
    return meant(names)


def meant(names: Iterable[str]) -> str | None:
    """The first of these names at the top of an app that somebody wrote for `Procfile`, or None."""
    return next((name for name in names if name.lower() in _MEANT), None)


_MEANT = frozenset(
    {"procfile", "procfile.txt", "procfile.yml", "procfile.yaml", "procfile.md", "profile.txt", "procfiles"}
)


def _entry(line: str, number: int, continued: int) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    if match is None and continued == number - 1 > 0:
        raise Invalid(
            f"Procfile line {number} continues line {continued}, but a Procfile has no continued lines: {_short(line)}",
            f"Write the whole command on line {continued}, without a trailing backslash, or put it into a script.",
        )
    if match is None:
        raise Invalid(f"Procfile line {number} is not `type: command`: {_short(line)}", _advice(line))
    name, command = match[1], match[2].strip()
    if not command:
        raise Invalid(
            f"Procfile line {number} gives {name} no command.", f"Write it on the same line: `{name}: command`."
        )
    if len(name) > MAX_NAME:
        raise Invalid(
            f"Procfile line {number}: a process type's name has at most {MAX_NAME} characters.",
            "Choose a shorter one, such as `web` or `worker`.",
        )
    if "\0" in command:
        raise Invalid(f"Procfile line {number} holds a NUL byte.", "Remove it: no shell can read it.")
    return name, command


def _advice(line: str) -> str:
    before, colon, after = line.partition(":")
    first = re.split(r"[\s=]", line, maxsplit=1)[0]
    if re.fullmatch(r"[A-Za-z0-9_-]+\s*=.*", line, re.DOTALL):
        return f"A colon, not `=`, goes after the name: `{first}: command`."
    if not colon or "/" in before:
        name = first if re.fullmatch(r"[A-Za-z0-9_-]+", first) else "web"
        return f"The colon after the name is missing: `{name}: command`. A comment line starts with `#`."
    if re.search(r"\s", before):
        joined = re.sub(r"[^A-Za-z0-9_-]+", "-", before).strip("-") or "web"
        return f"Names have no spaces or tabs: `{joined}: {_short(after.strip())}`."
    return "Names have only letters, digits, `-` and `_`, such as `web` or `send-mail`."


def _port_warnings(types: Mapping[str, str]) -> list[str]:
    command = types.get("web", "")
    match = None if "PORT" in command else _FIXED_PORT.search(command)
    if match is None:
        return []
    return [f"Procfile: web listens on port {match[1]}, but Heroku chooses the port: write $PORT instead."]


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004 - fits one terminal line
