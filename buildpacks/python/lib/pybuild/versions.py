"""Python version numbers, and Heroku's table of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_FORM = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?")


@dataclass(frozen=True, order=True)
class Version:
    """An exact version, `3.13.2`."""

    major: int
    minor: int
    patch: int

    @property
    def series(self) -> str:
        """`3.13`: what Heroku calls the major version."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        return f"{self.series}.{self.patch}"


@dataclass(frozen=True)
class Request:
    """What an app asks for: `3.13` or `3.13.2`, and where it says so.

    `origin` is a file name, `cached` (same as the last build) or `default`.
    """

    text: str
    origin: str

    @property
    def numbers(self) -> tuple[int, int]:
        major, minor, *_ = self.text.split(".")
        return int(major), int(minor)

    @property
    def series(self) -> str:
        return "{}.{}".format(*self.numbers)

    @property
    def exact(self) -> Version | None:
        return exact(self.text)


def is_request(text: str) -> bool:
    return _FORM.fullmatch(text) is not None


def exact(text: str) -> Version | None:
    """Return the version `text` is, or None if it isn't of the form N.N.N."""
    match = _FORM.fullmatch(text)
    if not match or match[3] is None:
        return None
    return Version(int(match[1]), int(match[2]), int(match[3]))


def newest(versions: Iterable[Version], series: str) -> Version | None:
    return max((version for version in versions if version.series == series), default=None)


LATEST = {
    "3.10": Version(3, 10, 21),
    "3.11": Version(3, 11, 16),
    "3.12": Version(3, 12, 14),
    "3.13": Version(3, 13, 15),
    "3.14": Version(3, 14, 7),
}
"""The patch version Heroku gives each series: heroku-buildpack-python v351, lib/python_version.sh."""

OLDEST, NEWEST = (3, 10), (3, 14)
DEFAULT = "3.14"
DEPRECATED = {"3.10": ("October 2026", "6th January 2027")}
"""Series -> its end of life upstream, the day Heroku drops it. Same source."""
