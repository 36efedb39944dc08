"""Patterns of paths in one dialect: that of .gitignore without `!`, which is Heroku's of .slugignore.

A name matches at any depth, a pattern with a slash from the top, one that ends in a slash only folders; what
matches a folder covers all in it. `*`, `?` and `[…]` stop at a slash, `**` does not. No pattern needs more than
linear time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LONGEST = 4096
"""Characters: Linux's PATH_MAX, so no path has a name a longer pattern could mean."""


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test whether one of the patterns covers a path: relative to the top, a folder's with a slash at its end."""
    meant = filter(None, map(_meant, patterns))
    expressions = [found for pattern in meant if (found := expression(pattern))]
    if not expressions:
        return lambda _path: False
    match = re.compile("|".join(expressions), re.DOTALL).match
    return lambda path: match(path) is not None


def _meant(line: str) -> str:
    """What is left of a line without blanks at its end; nothing of a comment, or of `!`, which has no effect."""
    pattern = re.sub(r"(?<!\\)[ \t]+$", "", line)
    return "" if pattern.startswith(("#", "!")) or len(pattern) > _LONGEST else pattern


def expression(pattern: str, *, whole: bool = False) -> str:
    """A regular expression for the start of a path, or of all of it, or "" for a pattern that matches nothing.

    Like `*` in a segment, each `**` but the last takes the shortest run that will do and keeps it.
    """
    body = pattern.removesuffix("/")
    plain = re.sub(r"\\(.)", lambda pair: "/" if pair[1] == "/" else pair[0], body.removeprefix("/"))
    segments = plain.split("/") if "/" in body else ["**", plain]
    if "" in segments:
        return ""
    first, *rest = _groups(segments)
    end = r"\Z" if whole else "/" if pattern.endswith("/") else r"(?:/|\Z)"
    start = "".join(f"{part}/" for part in first)
    if not rest:
        return start[:-1] + end
    middle = "".join("(?>" + _ANY + "".join(f"{part}/" for part in group) + ")" for group in rest[:-1])
    last = _ANY + "/".join(rest[-1]) if rest[-1] else ".+"
    return start + middle + last + end


_ANY = "(?:[^/]+/)*?"
_NOTHING = "(?!)"


def _groups(segments: list[str]) -> list[list[str]]:
    """Expressions for the segments between one `**` and the next; none is empty but the first and last."""
    groups: list[list[str]] = [[]]
    for part in segments:
        if part != "**":
            groups[-1].append(segment(part))
        elif groups[-1] or len(groups) == 1:
            groups.append([])
    return groups


def segment(text: str) -> str:
    """A regular expression for one path segment: `*`, `?`, `[…]` and backslashes; never a slash.

    Each `*` but the last takes the shortest run that lets what follows match, and never gives it
    back, so that no pattern needs more than linear time.
    """
    chunks = [""]
    position = 0
    while position < len(text):
        char = text[position]
        position += 1
        if char == "*":
            if chunks[-1] or len(chunks) == 1:
                chunks.append("")
        elif char == "?":
            chunks[-1] += "[^/]"
        elif char == "[":
            expression, position = _bracket(text, position)
            chunks[-1] += expression
        elif char == "\\":
            chunks[-1] += re.escape(text[position]) if position < len(text) else _NOTHING
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
