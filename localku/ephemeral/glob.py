"""Globs over paths in a dyno, for `--ignore` and for telling kinds of files apart.

`*` and `?` stop at a slash, `**` does not, `[…]` is a set of characters. A glob
without a slash matches a name at any depth; with one it is absolute, or relative
to `/app`. What matches a folder covers everything in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from localku.ephemeral.change import HOME


def covers(globs: Iterable[str], path: str) -> bool:
    """Whether one of `globs` matches the absolute `path` or a folder above it. An empty glob matches nothing."""
    return _compiled(tuple(globs)).match(path) is not None


@lru_cache(maxsize=64)
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    stripped = [glob.rstrip("/") for glob in globs if glob.strip("/")]
    names = _any(_translate(glob) for glob in stripped if "/" not in glob)
    places = _any(_translate(_absolute(glob)) for glob in stripped if "/" in glob)
    return re.compile(rf"(?:(?:.*/)?{names}|{places})(?:/.*)?\Z", re.DOTALL)


def exactly(globs: Iterable[str]) -> str:
    """Give an expression for what these globs match themselves: a name, or a whole path where they have a slash."""
    return rf"(?:{_any(_translate(_absolute(glob) if '/' in glob else glob) for glob in globs)})\Z"


def _any(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(patterns) or _NEVER})"


def _absolute(glob: str) -> str:
    return glob if glob.startswith("/") else f"{HOME}/{glob}"


def _translate(glob: str) -> str:
    out, rest = "", glob
    while rest:
        token = _TOKEN.match(rest)
        text = token[0] if token else rest[0]
        out += _pattern(text)
        rest = rest[len(text) :]
    return out


_NEVER = "(?!)"
_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]+\]")


def _pattern(token: str) -> str:
    match token:
        case "**/":
            return "(?:.*/)?"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
    if len(token) == 1:
        return re.escape(token)
    return _set(token[1:-1])


def _set(inside: str) -> str:
    """Translate what is between the brackets; a set that makes no sense matches its own text."""
    negated = inside.startswith("!")
    body = (inside[1:] if negated else inside).replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]")
    body = "".join("\\" + char if char in "^&~|" else char for char in body)
    pattern = f"[{'^/' if negated else ''}{body}]"
    try:
        re.compile(pattern)
    except re.error:
        return re.escape(f"[{inside}]")
    return pattern
