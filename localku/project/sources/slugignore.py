""".slugignore: files that are taken away before the build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localku.project import ignore_patterns
from localku.project.app_files import read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = ".slugignore"


def read(root: Path) -> str | None:
    """The text of the app's .slugignore; Heroku reads the one at the top only."""
    return read_text(root, NAME)


def matcher(text: str) -> Callable[[str], bool]:
    """A test whether a file goes: it takes the file's POSIX path relative to the app."""
    return ignore_patterns.matcher(_lines(text))


def warnings(text: str) -> tuple[str, ...]:
    """One sentence for each pattern that has no effect, or none that Heroku documents (Dev Center, "Slug Compiler")."""
    rows = enumerate(_lines(text), start=1)
    return tuple(f".slugignore line {number}: {said}" for number, line in rows if (said := _remark(line)))


def _remark(line: str) -> str:
    if line.startswith("!"):
        return "`!` patterns have no effect on Heroku; ignored."
    if line.startswith("./"):
        return f"nothing matches `{line.strip()}`; write `{line.strip()[1:]}`."
    if re.search(r"(?<!\\)[ \t]#", line):
        return "`#` begins a comment only at the start of a line; what is before it is not ignored."
    return ""


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").splitlines()
