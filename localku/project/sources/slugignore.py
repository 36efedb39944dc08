""".slugignore: files that are taken away before the build."""

from __future__ import annotations

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
    """One line for each pattern that has no effect on Heroku."""
    return tuple(
        f".slugignore line {number}: `!` patterns have no effect on Heroku; ignored."
        for number, line in enumerate(_lines(text), start=1)
        if line.startswith("!")
    )


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").splitlines()
