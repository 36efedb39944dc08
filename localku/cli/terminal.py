"""The terminal: what is printed where, in colour only for eyes."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from localku.errors import Kind, LocalkuError, worded
from localku.neutral import encodable, neutral_lines, wants_colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console


def say(line: str, stream: TextIO | None = None) -> None:
    """Print one line at once; its colours go away where nobody sees them, and nothing in it commands a terminal."""
    write(line + "\n", stream)


def write(text: str, stream: TextIO | None = None) -> None:
    """As `say`, without a newline of its own; what it tells of this program's commands names this program."""
    target = stream or sys.stdout
    _put(neutral_lines(worded(text), colours=wants_colour(target)), target)


def _put(text: str, target: TextIO) -> None:
    target.write(encodable(text, target))
    target.flush()


def hand_over(value: str) -> None:
    """Print a value that another program may read: to that one as it is, character by character."""
    if sys.stdout.isatty():
        say(value)
    else:
        _put(value + "\n", sys.stdout)


def note(line: str) -> None:
    """Print a line that is not the command's result."""
    say(line, sys.stderr)


def status_of(kind: Kind) -> int:
    """Exit status of a command that ends with an error of this kind: EX_UNAVAILABLE of sysexits(3), else 1."""
    return os.EX_UNAVAILABLE if kind is Kind.UNAVAILABLE else 1


def show_error(error: LocalkuError) -> None:
    red, reset = ("\x1b[1;31m", "\x1b[0m") if wants_colour(sys.stderr) else ("", "")
    first, *rest = error.message.splitlines() or [""]
    note(f"{red} !     {first}{reset}")
    for line in (*rest, *error.hint.splitlines()):
        note(f" !     {line}")


def show_json(value: Any, *, indent: int | None = 2) -> None:
    print(json.dumps(_worded(value), indent=indent, default=str).replace("\x7f", "\\u007f"), flush=True)


def _worded(value: Any) -> Any:
    match value:
        case str():
            return worded(value)
        case list() | tuple():
            return [_worded(one) for one in value]
        case Mapping():
            return {key: _worded(one) for key, one in value.items()}
    return value


def console(stream: TextIO | None = None) -> Console:
    from rich.console import Console

    target = stream or sys.stdout
    columns = os.environ.get("COLUMNS", "")
    width = None if target.isatty() else int(columns if columns.isdecimal() else 0) or 120
    return Console(file=target, width=width, no_color=not wants_colour(target), highlight=False, soft_wrap=False)


class Progress:
    """Shows long work: one live line on a terminal, one line per step in a pipe, nothing for short work."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._last = ""
        self._started = time.monotonic()
        self._drawn = False
        self._lock = threading.Lock()

    def __call__(self, step: str, fraction: float | None) -> None:
        with self._lock:
            if step != self._last:
                self._started = time.monotonic()
            if self._stream.isatty():
                share = f" {fraction:4.0%}" if fraction is not None else ""
                self._stream.write(f"\r\x1b[K       {step}{share} ({time.monotonic() - self._started:.0f} s)")
                self._drawn = True
            elif step != self._last:
                self._stream.write(f"       {step}\n")
            self._last = step
            self._stream.flush()

    def between(self, show: Callable[[str], None]) -> Callable[[str], None]:
        """Return `show` for lines that come while the work goes on: the live line makes room for each."""

        def told(line: str) -> None:
            self.clear()
            show(line)

        return told

    def clear(self) -> None:
        with self._lock:
            if self._drawn:
                self._stream.write("\r\x1b[K")
                self._stream.flush()
                self._drawn = False
