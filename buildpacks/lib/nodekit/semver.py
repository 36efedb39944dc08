"""Semantic versions and npm's ranges over them.

Grammar and rules: https://github.com/npm/node-semver#ranges (ranges, x-ranges, tilde, caret, hyphen,
prerelease tags) and https://semver.org for the order of versions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import total_ordering
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FULL = re.compile(
    r"[v=\s]*(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?\s*$",
)
_PART = r"(\d+|[xX*])"
_PARTIAL = re.compile(
    rf"[v=\s]*{_PART}(?:\.{_PART}(?:\.{_PART}(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?)?)?$",
)
_HYPHEN = re.compile(r"^\s*(\S+)\s+-\s+(\S+)\s*$")
_COMPARATOR = re.compile(r"^(<=|>=|<|>|=|\^|~>|~)?(.*)$")
_GLUE = re.compile(r"(<=|>=|<|>|=|\^|~>|~)\s+")


class RangeError(ValueError):
    """The text is not a range npm would accept."""


@total_ordering
@dataclass(frozen=True)
class Version:
    """One version. `pre` holds the prerelease identifiers, `()` for a release."""

    major: int
    minor: int
    patch: int
    pre: tuple[int | str, ...] = field(default=())

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Return the version, or None when `text` is not a whole `N.N.N` version."""
        match = _FULL.match(text)
        if match is None:
            return None
        major, minor, patch, pre = match.groups()
        return cls(int(major), int(minor), int(patch), _identifiers(pre))

    @property
    def triple(self) -> tuple[int, int, int]:
        return (self.major, self.minor, self.patch)

    def __lt__(self, other: Version) -> bool:
        if self.triple != other.triple:
            return self.triple < other.triple
        return _pre_before(self.pre, other.pre)

    def __str__(self) -> str:
        pre = ".".join(str(part) for part in self.pre)
        return f"{self.major}.{self.minor}.{self.patch}" + (f"-{pre}" if pre else "")


def _identifiers(text: str | None) -> tuple[int | str, ...]:
    if not text:
        return ()
    return tuple(int(part) if part.isdigit() else part for part in text.split("."))


def _pre_before(left: tuple[int | str, ...], right: tuple[int | str, ...]) -> bool:
    if not left or not right:
        return bool(left) and not right
    for one, two in zip_longest(left, right):
        if one == two:
            continue
        if one is None or two is None:
            return one is None
        if isinstance(one, int) != isinstance(two, int):
            return isinstance(one, int)
        return one < two  # type: ignore[operator]
    return False


@dataclass(frozen=True)
class Comparator:
    """One bound: `op` is `<`, `<=`, `>`, `>=` or `=`."""

    op: str
    version: Version

    def admits(self, version: Version) -> bool:
        return {
            "<": version < self.version,
            "<=": version <= self.version,
            ">": version > self.version,
            ">=": version >= self.version,
            "=": version == self.version,
        }[self.op]


@dataclass(frozen=True)
class Range:
    """A union of comparator sets; an empty set admits every release."""

    sets: tuple[tuple[Comparator, ...], ...]

    @classmethod
    def parse(cls, text: str) -> Range:
        """Parse as npm does. RangeError names the text that is not a range."""
        return cls(tuple(_comparator_set(part.strip(), text) for part in text.split("||")))

    def admits(self, version: Version) -> bool:
        return any(_set_admits(comparators, version) for comparators in self.sets)

    def highest(self, versions: Iterable[Version]) -> Version | None:
        return max((version for version in versions if self.admits(version)), default=None)


def _set_admits(comparators: tuple[Comparator, ...], version: Version) -> bool:
    if not all(comparator.admits(version) for comparator in comparators):
        return False
    if not version.pre:
        return True
    return any(each.version.pre and each.version.triple == version.triple for each in comparators)


def _comparator_set(text: str, whole: str) -> tuple[Comparator, ...]:
    hyphen = _HYPHEN.match(text)
    if hyphen:
        return (*_lower(hyphen[1], whole), *_upper(hyphen[2], whole))
    words = _GLUE.sub(r"\1", text).split()
    return tuple(bound for word in words for bound in _bounds(word, whole))


@dataclass(frozen=True)
class _Partial:
    """`1`, `1.2`, `1.x`, `1.2.3-beta`: parts that are absent or a wildcard are None."""

    major: int | None
    minor: int | None
    patch: int | None
    pre: tuple[int | str, ...]

    @property
    def floor(self) -> Version:
        return Version(self.major or 0, self.minor or 0, self.patch or 0, self.pre)

    def next_major(self) -> Version:
        return Version((self.major or 0) + 1, 0, 0, (0,))

    def next_minor(self) -> Version:
        return Version(self.major or 0, (self.minor or 0) + 1, 0, (0,))

    def ceiling(self) -> Version:
        """Return the first version past everything an x-range names."""
        return self.next_major() if self.minor is None else self.next_minor()


def _partial(text: str, whole: str) -> _Partial:
    match = _PARTIAL.match(text)
    if match is None:
        raise RangeError(whole)
    parts = [None if part is None or part in "xX*" else int(part) for part in match.groups()[:3]]
    for index in (1, 2):
        if parts[index - 1] is None:
            parts[index] = None
    pre = _identifiers(match.group(4)) if parts[2] is not None else ()
    return _Partial(parts[0], parts[1], parts[2], pre)


def _bounds(word: str, whole: str) -> tuple[Comparator, ...]:
    match = _COMPARATOR.match(word)
    if match is None:
        raise RangeError(whole)
    op = match[1] or ""
    if not match[2]:
        if op in ("", ">=", "=", "^", "~", "~>"):
            return ()
        raise RangeError(whole)
    part = _partial(match[2], whole)
    if part.major is None:
        return (Comparator("<", Version(0, 0, 0, (0,))),) if op in ("<", ">") else ()
    if op == "^":
        return (Comparator(">=", part.floor), Comparator("<", _caret_end(part)))
    if op in ("~", "~>"):
        return (Comparator(">=", part.floor), Comparator("<", part.ceiling()))
    if part.patch is None:
        return _x_range(op, part)
    return (Comparator(op or "=", part.floor),)


def _caret_end(part: _Partial) -> Version:
    if part.major or part.minor is None:
        return part.next_major()
    if part.minor or part.patch is None:
        return part.next_minor()
    return Version(0, 0, part.patch + 1, (0,))


def _x_range(op: str, part: _Partial) -> tuple[Comparator, ...]:
    end = part.ceiling()
    after = Version(*end.triple)
    start = Version(*part.floor.triple, pre=(0,)) if op == "<" else part.floor
    return {
        ">": (Comparator(">=", after),),
        "<=": (Comparator("<", end),),
        "<": (Comparator("<", start),),
        ">=": (Comparator(">=", part.floor),),
    }.get(op, (Comparator(">=", part.floor), Comparator("<", end)))


def _lower(text: str, whole: str) -> tuple[Comparator, ...]:
    part = _partial(text, whole)
    return () if part.major is None else (Comparator(">=", part.floor),)


def _upper(text: str, whole: str) -> tuple[Comparator, ...]:
    part = _partial(text, whole)
    if part.major is None:
        return ()
    if part.patch is None:
        return (Comparator("<", part.ceiling()),)
    return (Comparator("<=", part.floor),)
