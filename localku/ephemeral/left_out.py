"""Which paths of a dyno `--ignore` leaves out: patterns as in .slugignore, of the whole filesystem."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from localku.ephemeral.change import HOME, Change
from localku.project import ignore_patterns


def covers(patterns: Iterable[str], change: Change) -> bool:
    """Whether one of the patterns covers the change's path.

    A pattern that begins with a slash is absolute, another with a slash in it relative to `/app`.
    """
    path = change.path.removeprefix("/")
    return _matcher(tuple(patterns))(f"{path}/" if change.is_dir else path)


@lru_cache(maxsize=64)
def _matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    return ignore_patterns.matcher(map(_absolute, patterns))


def _absolute(pattern: str) -> str:
    inner = "/" in pattern.removesuffix("/")
    return f"{HOME}/{pattern}" if inner and not pattern.startswith(("/", "#", "!")) else pattern
