"""What a Hatchet spec does, step by step, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trials import Kind


@dataclass(frozen=True)
class Build:
    """`git push`; `stack` is the one that the app has been given, if any."""

    buildpacks: tuple[str, ...]
    stack: str = ""


@dataclass(frozen=True)
class Change:
    """Write, append to, remove or copy a file of the app. `source` is a path below the fixtures."""

    path: str
    text: str | None = None
    append: bool = False
    source: str = ""


@dataclass(frozen=True)
class Command:
    """`heroku run`, in a dyno of `memory` MB and process type `type`."""

    command: str
    env: Mapping[str, str] = field(default_factory=dict)
    type: str = "run"
    memory: int = 512


@dataclass(frozen=True)
class Get:
    """Start the web process, and ask for `/`."""


@dataclass(frozen=True)
class Test:
    """Heroku CI: bin/test-compile, then bin/test."""


@dataclass(frozen=True)
class Expected:
    """Of the last step that printed anything, or the last build if `of_build`; "status" is of its exit status.

    Text of kind `metric` is a path into JSON and a least number. `dot_all`: a dot of the pattern is any character.
    """

    kind: Kind
    text: str
    dot_all: bool = False
    asked: str = ""
    of_build: bool = False


Step = Build | Change | Command | Get | Test | Expected


@dataclass(frozen=True)
class Plan:
    """One `it`. `fault` says what it asks for that there is none of here; then there are no steps."""

    file: str
    name: str
    fixture: str
    may_fail: bool
    config: Mapping[str, str]
    steps: tuple[Step, ...]
    fault: str = ""
