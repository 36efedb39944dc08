""".slugignore: files that are taken away before the build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localku.project.app_files import read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAME = ".slugignore"

_LONGEST = 4096
"""Characters: Linux's PATH_MAX, so no path has a name a longer pattern could mean."""


def read(root: Path) -> str | None:
    """The text of the app's .slugignore; Heroku reads the one at the top only."""
    return read_text(root, NAME)


def matcher(text: str) -> Callable[[str], bool]:
    """A test whether a file goes: it takes the file's POSIX path relative to the app.

    The patterns are those of .gitignore without `!`: a name matches at any depth, a pattern with a
    slash from the top, one that ends in a slash only folders; a matched folder goes whole.
    """
    expressions = [expression for line in _patterns(text) if (expression := _expression(line))]
    if not expressions:
        return lambda _path: False
    match = re.compile("|".join(expressions), re.DOTALL).match
    return lambda path: match(path) is not None


def warnings(text: str) -> tuple[str, ...]:
    """One line for each pattern that has no effect on Heroku."""
    lines = text.removeprefix("\ufeff").splitlines()
    return tuple(
        f".slugignore line {number}: `!` patterns have no effect on Heroku; ignored."
        for number, line in enumerate(lines, start=1)
        if line.startswith("!")
    )


def _patterns(text: str) -> Iterator[str]:
    for line in text.removeprefix("\ufeff").splitlines():
        pattern = re.sub(r"(?<!\\)[ \t]+$", "", line)
        if pattern and not pattern.startswith(("#", "!")) and len(pattern) <= _LONGEST:
            yield pattern


def _expression(pattern: str) -> str:
    """A regular expression for the start of a path, or "" for a pattern that matches nothing.

    Like `*` in a segment, each `**` but the last takes the shortest run that will do and keeps it.
    """
    body = pattern.removesuffix("/")
    plain = re.sub(r"\\(.)", lambda pair: "/" if pair[1] == "/" else pair[0], body.removeprefix("/"))
    segments = plain.split("/") if "/" in body else ["**", plain]
    if "" in segments:
        return ""
    first, *rest = _groups(segments)
    end = "/" if pattern.endswith("/") else r"(?:/|\Z)"
    start = "".join(f"{segment}/" for segment in first)
    if not rest:
        return start[:-1] + end
    middle = "".join("(?>" + _ANY + "".join(f"{segment}/" for segment in group) + ")" for group in rest[:-1])
    last = _ANY + "/".join(rest[-1]) if rest[-1] else ".+"
    return start + middle + last + end


_ANY = "(?:[^/]+/)*?"
_NOTHING = "(?!)"


def _groups(segments: list[str]) -> list[list[str]]:
    """Expressions for the segments between one `**` and the next; none is empty but the first and last."""
    groups: list[list[str]] = [[]]
    for segment in segments:
        if segment != "**":
            groups[-1].append(_segment(segment))
        elif groups[-1] or len(groups) == 1:
            groups.append([])
    return groups


def _segment(segment: str) -> str:
    """One path segment: `*`, `?`, `[…]` and backslashes; never a slash.

    Each `*` but the last takes the shortest run that lets what follows match, and never gives it
    back, so that no pattern needs more than linear time.
    """
    chunks = [""]
    position = 0
    while position < len(segment):
        char = segment[position]
        position += 1
        if char == "*":
            if chunks[-1] or len(chunks) == 1:
                chunks.append("")
        elif char == "?":
            chunks[-1] += "[^/]"
        elif char == "[":
            expression, position = _bracket(segment, position)
            chunks[-1] += expression
        elif char == "\\":
            chunks[-1] += re.escape(segment[position]) if position < len(segment) else _NOTHING
            position += 1
        else:
            chunks[-1] += re.escape(char)
    first, *rest = chunks
    if not rest:
        return first
    middle = "".join(f"(?>[^/]*?{chunk})" for chunk in rest[:-1])
    return f"{first}{middle}[^/]*{rest[-1]}"


def _bracket(segment: str, position: int) -> tuple[str, int]:
    """The expression of the bracket that opened before `position`, and where it ends.

    One that never closes makes the whole pattern match nothing, as in git.
    """
    negated = segment[position : position + 1] in {"!", "^"}
    position += negated
    items: list[str] = []
    first = position
    while position < len(segment) and (segment[position] != "]" or position == first):
        low, position = _character(segment, position)
        high = low
        if segment[position : position + 1] == "-" and segment[position + 1 : position + 2] not in {"", "]"}:
            high, position = _character(segment, position + 1)
        if low <= high:
            items.append(f"{re.escape(low)}-{re.escape(high)}")
    if position >= len(segment):
        return _NOTHING, position
    inside = "".join(items)
    if negated:
        return f"[^/{inside}]", position + 1
    return (f"(?!/)[{inside}]" if inside else _NOTHING), position + 1


def _character(segment: str, position: int) -> tuple[str, int]:
    if segment[position] == "\\" and position + 1 < len(segment):
        position += 1
    return segment[position], position + 1
