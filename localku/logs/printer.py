"""Foreground output: Heroku's log lines in honcho's colours."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TextIO

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from localku.logs.line import LogLine, matches, prefix
from localku.neutral import encodable, neutral, wants_colour

_RESET = "\033[0m"


class LogPrinter(Printer):  # type: ignore[misc] # honcho has no types
    """Prints log lines, one colour per dyno, the message in the terminal's own colour.

    `procs` are dynos or process types to show (`web` shows web.1 and web.2);
    none shows all. Colours go away when `output` is no terminal or NO_COLOR
    is set; FORCE_COLOR brings them back.
    """

    def __init__(self, output: TextIO, procs: Collection[str] = (), environ: Mapping[str, str] | None = None) -> None:
        super().__init__(output, colour=wants_colour(output, os.environ if environ is None else environ))
        self._procs = procs
        self._palette = get_colours()
        self._colours: dict[str, str] = {}

    def print(self, line: LogLine) -> None:
        """Print one line, unless the filter hides it."""
        if not self._procs or any(matches(line, proc=proc) for proc in self._procs):
            self.write(Message("line", line.message, line.time, prefix(line), self._colour(line.proc)))

    def write(self, message: Message) -> None:
        """Take a message as honcho's Manager sends it: here `name` is the whole prefix of the line.

        honcho's own `write` would put its clock and a bar before the line, and
        cut it at every character that Python counts as a line boundary.
        """
        head = f"{_RESET}\033[{message.colour}m{message.name}{_RESET}" if self.colour else message.name
        text = neutral(message.data, colours=self.colour)
        self.output.write(f"{head} {encodable(text, self.output)}\n")
        self.output.flush()

    def _colour(self, proc: str) -> str:
        if proc not in self._colours:
            self._colours[proc] = next(self._palette)
        return self._colours[proc]
