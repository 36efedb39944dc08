"""Stacks: which there are, which one a build takes and why, and that its images are there."""

from __future__ import annotations

from dataclasses import dataclass

from localku.debian import debian_stack as debian
from localku.engine import registry
from localku.engine.client import Engine
from localku.errors import CLIENT, Kind, LocalkuError
from localku.telling import Progress

HEROKU = ("heroku-26", "heroku-24", "heroku-22")
"""Heroku's supported stacks: images heroku/heroku:26 and so on (devcenter.heroku.com/articles/stack)."""
DEFAULT = "heroku-24"
DEBIAN = debian.NAME
NAMES = (*HEROKU, DEBIAN)
STANDS_FOR = {DEBIAN: "heroku-26"}
"""What buildpacks and Heroku's clients are told of a stack that is not Heroku's.

Of the three, heroku-26 (Ubuntu 26.04) has the most of debian-14's packages, and of those that came with it, such as
libxml2-16 and libzip5, none is missing (`scripts/stack_packages.py` compares); debian-14's C library is as new.
"""
_REPOSITORY = "heroku/heroku"


@dataclass(frozen=True)
class Stack:
    """`run_image` and `build_image` are tags."""

    name: str
    run_image: str
    build_image: str


@dataclass(frozen=True)
class Choice:
    """A stack's name and one sentence that says why it is this one."""

    name: str
    reason: str


def choose(engine: Engine, wanted: str | None) -> Choice:
    """The wanted stack, or heroku-24 where it can be had, else debian-14. Takes two seconds at most."""
    if wanted is not None:
        _known(wanted)
        return Choice(wanted, f"Using {wanted}, as set for this app.")
    if _ready(engine, DEFAULT):
        return Choice(DEFAULT, f"Using {DEFAULT}: its images are on this machine.")
    if registry.answers():
        return Choice(DEFAULT, f"Using {DEFAULT}, pulled from the image registry.")
    return Choice(DEBIAN, f"Using {DEBIAN}, built from Debian packages: no image registry is reachable.")


def ready(engine: Engine) -> tuple[str, ...]:
    """The stacks whose images are on the engine, in the order of NAMES."""
    return tuple(name for name in NAMES if _ready(engine, name))


def ensure(engine: Engine, name: str, progress: Progress) -> Stack:
    """Pull or make the stack's images where they are missing.

    `progress` gets a step's name and the fraction done, or None. Raise LocalkuError when they cannot be had.
    """
    _known(name)
    if name == DEBIAN:
        run, build = debian.ensure(engine, progress)
        return Stack(name, run, build)
    for tag in _tags(name):
        if engine.images.find(f"{_REPOSITORY}:{tag}") is None:
            _pull(engine, name, tag, progress)
    run, build = (f"{_REPOSITORY}:{tag}" for tag in _tags(name))
    return Stack(name, run, build)


def _known(name: str) -> None:
    if name not in NAMES:
        raise LocalkuError(
            f"There is no stack {name}.", f"Stacks: {', '.join(NAMES)}.", kind=Kind.NOT_FOUND, resource="stack"
        )


def _tags(name: str) -> tuple[str, str]:
    number = name.removeprefix("heroku-")
    return number, f"{number}-build"


def _ready(engine: Engine, name: str) -> bool:
    if name == DEBIAN:
        return debian.ready(engine)
    return all(engine.images.find(f"{_REPOSITORY}:{tag}") is not None for tag in _tags(name))


def _pull(engine: Engine, name: str, tag: str, progress: Progress) -> None:
    try:
        engine.images.pull(_REPOSITORY, tag, progress)
    except LocalkuError as error:
        raise LocalkuError(
            f"The stack {name} could not be pulled: {error.message}",
            f"Use `{CLIENT} stack:set {DEBIAN}`, which is built from Debian packages on this machine.",
            kind=Kind.FAILED,
            resource="stack",
        ) from error
