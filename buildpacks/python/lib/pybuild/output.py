"""What a build says: Heroku's step lines on stdout, its coloured blocks on stderr, each line at once."""

from __future__ import annotations

import sys

RED, YELLOW, RESET = "\x1b[1;31m", "\x1b[1;33m", "\x1b[0m"
INDENT = " " * 7


class BuildpackError(Exception):
    """A build that cannot go on: `text` is for the developer, `reason` and `detail` for bin/report."""

    def __init__(self, reason: str, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.detail = detail


def step(text: str) -> None:
    print(f"-----> {text}", flush=True)


def indented(text: str) -> None:
    print(f"{INDENT}{text}", flush=True)


def blank() -> None:
    print(flush=True)


def warning(text: str) -> None:
    _block(YELLOW, text)


def error(text: str) -> None:
    _block(RED, text)


def _block(colour: str, text: str) -> None:
    lines = [f"{colour} !     {line}{RESET}" for line in text.strip("\n").split("\n")]
    sys.stdout.flush()
    print("", *lines, "", sep="\n", file=sys.stderr, flush=True)
