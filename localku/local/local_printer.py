"""The output of local processes: honcho's prefix, this terminal's colours and characters."""

from __future__ import annotations

from honcho.printer import Message
from honcho.printer import Printer as HonchoPrinter

from localku.neutral import neutral

_RESET = "\033[0m"
_RETURN = "\r"


class Printer(HonchoPrinter):  # type: ignore[misc] # honcho has no types
    """Prints `12:34:56 web.1  | text`, the part before the text in the process's colour."""

    def write(self, message: Message) -> None:
        """Print a message of honcho's Manager, one row per line of it.

        honcho's own `write` cuts at every character that Python counts as a
        line boundary, and dies of what the terminal's encoding cannot show.
        """
        raw = message.data
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
        head = f"{message.time:{self.time_format}} {message.name:<{self.width}} |"
        if self.colour and message.colour:
            head = f"{_RESET}\033[{message.colour}m{head}{_RESET}"
        encoding = self.output.encoding or "utf-8"
        for row in text.removesuffix("\n").split("\n"):
            line = f"{head} {neutral(row.rstrip(_RETURN), colours=bool(self.colour))}"
            self.output.write(line.encode(encoding, "replace").decode(encoding) + "\n")
        self.output.flush()
