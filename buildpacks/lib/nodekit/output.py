"""What a build prints: Heroku's step lines, indented text, and red or yellow ` !     ` blocks."""

from __future__ import annotations

import sys
from typing import TextIO

_RED = "\x1b[1;31m"
_YELLOW = "\x1b[1;33m"
_RESET = "\x1b[0m"


class BuildFailed(Exception):
    """The build stops here. The first argument is the text for the user, its first line a summary."""


def step(text: str) -> None:
    """Print a step line, after an empty line as Heroku's nodejs buildpack does."""
    print(f"\n-----> {text}", flush=True)


def info(text: str = "") -> None:
    print(f"       {text}".rstrip(), flush=True)


def warning(text: str) -> None:
    _block(text, _YELLOW, sys.stderr)


def error(text: str) -> None:
    _block(text, _RED, sys.stderr)


def _block(text: str, colour: str, stream: TextIO) -> None:
    sys.stdout.flush()
    lines = "".join(f"{colour} !     {line}".rstrip() + f"{_RESET}\n" for line in text.strip().splitlines())
    stream.write(f"\n{lines}\n")
    stream.flush()
