"""From the bytes of a pipe to whole lines."""

from __future__ import annotations

from localku.logs.line import CHUNK_BYTES, cut


class Assembler:
    """Collects pieces of one stream until they make lines.

    Holds at most `CHUNK_BYTES` bytes: a process that never prints a newline
    gets its output in chunks, as on Heroku, and cannot fill the memory.
    """

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, piece: bytes) -> bytes:
        """Add a piece and return the lines that are complete, ready for `AppLog.write`."""
        head, newline, tail = (self._pending + piece).rpartition(b"\n")
        done = head + newline
        while len(tail) > CHUNK_BYTES:
            end = cut(tail)
            done += tail[:end] + b"\n"
            tail = tail[end:]
        self._pending = tail
        return done

    def flush(self) -> bytes:
        """Return what is left when the stream has ended."""
        done, self._pending = self._pending, b""
        return done
