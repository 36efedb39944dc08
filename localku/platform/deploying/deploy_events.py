"""What a deploy tells while it goes on, as values; `transcript` renders them as Heroku's build output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localku.errors import LocalkuError


@dataclass(frozen=True)
class Line:
    """One line of the build output, without its newline."""

    text: str


@dataclass(frozen=True)
class Progress:
    """A step that takes a while. `fraction` from 0 to 1; None where nobody can tell."""

    step: str
    fraction: float | None


@dataclass(frozen=True)
class Begun:
    """The build has its record, by this id: others can follow it."""

    build: str


@dataclass(frozen=True)
class Released:
    """The release has its number. `where` is the app's URL, or its name while it does not run."""

    version: int
    where: str


@dataclass(frozen=True)
class Failed:
    """The deploy failed. It comes before anything of a new app is removed again, so what is left can be looked at."""

    error: LocalkuError


Event = Line | Progress | Begun | Released | Failed
Events = Callable[[Event], None]


def transcript(event: Event) -> tuple[str, ...]:
    """Return the lines of build output that an event is: none for progress, beginning and failure."""
    match event:
        case Line(text):
            return (text,)
        case Released(version, where):
            return (f"       Released v{version}", f"       {where} deployed to localku")
        case Progress() | Begun() | Failed():
            return ()
