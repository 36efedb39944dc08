"""A database server's own log: as it prints it, and as Heroku's log has it.

`app[postgres.57]: [DATABASE] [4-1]  sql_error_code = 42P01 ERROR:  …` (help.heroku.com/MJUI0JR0): the server's process,
the attachment, the number of the message with that of its line, and PostgreSQL's code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PROC = "postgres"
"""Lines that no process of the server's has a part in are of this one."""

_COLOURED = "HEROKU_POSTGRESQL_"
_HEAD = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6} UTC \[(\d{1,10})\] \[(\d{1,10})\] "
    rb"( sql_error_code = \w{5} ([A-Z]+\d?):  )"
)
"""The `log_line_prefix` of `stacks/postgres/entrypoint.sh`, and what PostgreSQL puts behind it."""

_PARTS = frozenset({b"DETAIL", b"HINT", b"QUERY", b"CONTEXT", b"LOCATION", b"BACKTRACE", b"STATEMENT"})
"""They follow a message and belong to it."""

_TROUBLE = frozenset({b"WARNING", b"ERROR", b"FATAL", b"PANIC"})


@dataclass(frozen=True)
class Said:
    """A line for the log: which of its procs says it, and what."""

    proc: str
    message: bytes


class Transcript:
    """Reads what one server prints, line by line.

    `name` is the attachment's. With `trouble_only` messages below WARNING are left out, and what is no message.
    """

    def __init__(self, name: str, *, trouble_only: bool) -> None:
        self._name = name.removeprefix(_COLOURED).encode()
        self._trouble_only = trouble_only
        self._proc = PROC
        self._number = b""
        self._line = 0
        self._is_shown = not trouble_only

    def said(self, line: bytes) -> Said | None:
        """Return what the log gets of a line without its newline, if anything."""
        found = _HEAD.match(line)
        if found is not None:
            self._begin(found)
            line = found[3] + line[found.end() :]
        if not self._is_shown:
            return None
        if not self._number:
            return Said(PROC, b"[%s] %s" % (self._name, line))
        self._line += 1
        return Said(self._proc, b"[%s] [%s-%d] %s" % (self._name, self._number, self._line, line))

    def _begin(self, head: re.Match[bytes]) -> None:
        proc = f"{PROC}.{head[1].decode()}"
        if head[4] in _PARTS and proc == self._proc:
            return
        self._proc, self._number, self._line = proc, head[2], 0
        self._is_shown = not self._trouble_only or head[4] in _TROUBLE
