"""From the bytes of a pipe to whole lines."""

from __future__ import annotations

from localku.logs.line import CHUNK_BYTES, cut


class Assembler:
    """Collects pieces of one stream until they make lines.

    Keeps at most `CHUNK_BYTES` bytes between two pieces: a process that never prints a newline
    gets its output in chunks, as on Heroku, and cannot fill the memory.
    """

    def __init__(self) -> None:
        self._pending = b""

    @property
    def idle(self) -> bool:
        """Whether no line has begun that is not whole."""
        return not self._pending

    def feed(self, piece: bytes) -> list[bytes]:
        """Add a piece and return the lines it completes, without newlines, ready for `AppLog.write`."""
        *lines, tail = (self._pending + piece).split(b"\n")
        while len(tail) > CHUNK_BYTES:
            end = cut(tail)
            lines.append(tail[:end])
            tail = tail[end:]
        self._pending = tail
        return lines

    def flush(self) -> list[bytes]:
        """Return the line without a newline that the stream ended with, if there is one."""
        rest, self._pending = self._pending, b""
        return [rest] if rest else []
