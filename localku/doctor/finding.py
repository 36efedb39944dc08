"""What a cause says when the evidence proves it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from localku.errors import worded
from localku.neutral import printable


class Level(IntEnum):
    """How sure it is that this is what broke; the surest sorts first."""

    FAILED = 0
    """Explains a failure that was seen."""
    SEEN = 1
    """Seen at run time; nothing failed here, on Heroku or with more dynos something will."""
    RISK = 2
    """Stands in the source and was not tried yet."""


@dataclass(frozen=True)
class Finding:
    """One paragraph: `what` happened, `where`, and what to change (`fix`); sentences without a last full stop.

    `number` and `title` name the cause (number 0: none is known), `subject` what sets it apart from another
    finding of that cause, `evidence` holds the lines and files it was read from. `voice` is who was heard to
    say so: a dyno, the build, the router; empty where the files or the state of the app say it. No value of a
    config var is in any of them.
    """

    number: int
    title: str
    level: Level
    what: str
    fix: str
    where: str = ""
    evidence: tuple[str, ...] = ()
    subject: str = ""
    voice: str = ""

    @property
    def mark(self) -> str:
        """`#2 DEPENDENCY`, or the title alone."""
        return f"#{self.number} {self.title}" if self.number else self.title

    def text(self) -> str:
        place = f" Where: {self.where}." if self.where else ""
        what = self.what.rstrip(".")
        return printable(worded(f"[{self.mark}] {what}.{place} Fix: {self.fix}."))

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "title": self.title,
            "level": self.level.name.lower(),
            "what": self.what,
            "where": self.where,
            "fix": self.fix,
            "evidence": list(self.evidence),
        }


def several(names: list[str] | tuple[str, ...], most: int = 5) -> str:
    """`a, b and 3 more`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
