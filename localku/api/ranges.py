"""Lists in parts: the `Range` header (Platform API Reference, "Ranges")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from localku.platform.views import View

MOST = 1000
DEFAULT_MOST = 200
"""Of one part, and where the client names no number (Platform API Reference, "Ranges")."""

_RANGE = re.compile(
    r"\s*(?P<field>[a-z_]+)\s+(?P<after>\]?)(?P<first>[^.;\s]*)\.\.(?P<last>[^;\s]*)\s*(?P<rest>.*)\Z", re.DOTALL
)


@dataclass(frozen=True)
class Range:
    """`first` is where the part begins, itself not in it where `is_after`; empty for the beginning."""

    field: str
    first: str = ""
    is_after: bool = False
    last: str = ""
    most: int = DEFAULT_MOST
    is_descending: bool = False


@dataclass(frozen=True)
class Part:
    """Of a list: `next` is the Range header of what follows, empty at the end; `content` is of what is there."""

    items: tuple[View, ...]
    content: str
    next: str


def parse(header: str | None) -> Range | None:
    """What a header asks for: `version ..; order=desc,max=1`; None where it says nothing that is understood.

    Options may be parted by commas or semicolons, as Heroku's own clients have it, and any of them may be empty.
    """
    found = _RANGE.match(header or "")
    if found is None:
        return None
    options = dict(_option(one) for one in re.split(r"[;,]", found["rest"]))
    most = options.get("max", "")
    return Range(
        field=found["field"],
        first=found["first"],
        is_after=bool(found["after"]),
        last=found["last"],
        most=min(max(int(most), 1), MOST) if most.isdecimal() else DEFAULT_MOST,
        is_descending=options.get("order", "").lower() == "desc",
    )


def _option(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()[:9]


def cut(items: Sequence[View], wanted: Range | None) -> Part | None:
    """The part of a list that is wanted, in that order; None where its items have no such field: it is given whole."""
    if wanted is None or not all(wanted.field in one for one in items):
        return None
    ordered = sorted(items, key=lambda one: _key(one[wanted.field]), reverse=wanted.is_descending)
    inside = [one for one in ordered if _is_within(one, wanted)]
    part, more = inside[: wanted.most], inside[wanted.most :]
    if not part:
        return Part((), "", "")
    first, last = part[0][wanted.field], part[-1][wanted.field]
    order = "; order=desc" if wanted.is_descending else ""
    following = f"{wanted.field} ]{last}..{wanted.last}; max={wanted.most}{order}" if more else ""
    return Part(tuple(part), f"{wanted.field} {first}..{last}", following)


def _is_within(one: View, wanted: Range) -> bool:
    value, sign = _key(one[wanted.field]), -1 if wanted.is_descending else 1
    if wanted.first:
        beside = _compared(value, _key(wanted.first)) * sign
        if beside < 0 or (wanted.is_after and beside == 0):
            return False
    return not wanted.last or _compared(value, _key(wanted.last)) * sign <= 0


Key = tuple[int, int, str]


def _key(value: object) -> Key:
    """Numbers by size, and before texts."""
    text = str(value)
    return (0, int(text), "") if text.isdecimal() and len(text) <= 18 else (1, 0, text)  # noqa: PLR2004


def _compared(one: Key, other: Key) -> int:
    return (one > other) - (one < other)
