"""From the frames of a database server's output to rows of the app's log."""

from __future__ import annotations

from localku.logs.assembler import Assembler
from localku.logs.line import messages
from localku.services.postgres.postgres_messages import Transcript
from localku.supervisor.output.rows import apart


class DatabaseRows:
    """A `RowMaker`."""

    def __init__(self, name: str, *, trouble_only: bool) -> None:
        """`name` is that of the database's attachment; `trouble_only`: warnings and errors alone."""
        self._streams = {number: (Assembler(), Transcript(name, trouble_only=trouble_only)) for number in (1, 2)}
        self._moment = b""

    def of(self, frames: list[bytes]) -> list[bytes]:
        rows: list[bytes] = []
        for frame in frames:
            self._moment, text = apart(frame)
            lines, transcript = self._streams[frame[0]]
            for line in lines.feed(text):
                rows += self._rows(transcript, line)
        return rows

    def rest(self) -> list[bytes]:
        return [
            row
            for lines, transcript in self._streams.values()
            for line in lines.flush()
            for row in self._rows(transcript, line)
        ]

    def _rows(self, transcript: Transcript, line: bytes) -> list[bytes]:
        said = transcript.said(line)
        if said is None:
            return []
        head = self._moment + f"+00:00 app[{said.proc}]: ".encode()
        return [head + text.encode() for text in messages(said.message)]
