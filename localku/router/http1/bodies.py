"""Bodies, taken apart and put together again piece by piece.

A decoder takes what it can from a connection's buffer; nothing is ever held back but an unfinished
chunk header or trailer line.
"""

from __future__ import annotations

import re
import sys
from typing import Protocol

from localku.router.http1.http_lines import Malformed, header

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_FEW = 4096
_LINE_LIMIT = 8192
_TRAILER_LIMIT = 65536
_NOT_IN_TRAILERS = frozenset(  # some servers join trailers with headers: framing, and what only a router may say
    (
        b"connection",
        b"content-length",
        b"host",
        b"trailer",
        b"transfer-encoding",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-port",
        b"x-forwarded-proto",
        b"x-request-id",
        b"x-request-start",
    )
)


class Decoder(Protocol):
    done: bool
    trailers: bytes  # header lines, each with its CR LF

    @property
    def untouched(self) -> int:
        """How many bytes more are the body's as they are; 0 where it has to be taken apart."""

    def passed(self, size: int) -> None:
        """So many of them went by without `take`."""

    def take(self, buffer: bytearray) -> bytes:
        """Move what belongs to the body out of `buffer`. Raises Malformed."""

    def ended(self) -> bool:
        """The connection ended: whether that is a proper end of this body."""


def take(buffer: bytearray, size: int) -> bytes:
    """Move the first `size` bytes out of `buffer`."""
    if size >= len(buffer):
        piece = bytes(buffer)
        buffer.clear()
        return piece
    if size <= _FEW:
        piece = bytes(buffer[:size])  # copied twice, and still sooner than through a view
    else:
        with memoryview(buffer) as view:
            piece = bytes(view[:size])
    del buffer[:size]
    return piece


class Fixed:
    """A body of so many bytes."""

    trailers = b""

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0

    @property
    def untouched(self) -> int:
        return self._left

    def passed(self, size: int) -> None:
        self._left -= size
        self.done = self._left == 0

    def take(self, buffer: bytearray) -> bytes:
        piece = take(buffer, self._left)
        self.passed(len(piece))
        return piece

    def ended(self) -> bool:
        return self.done


class UntilClose:
    """A body that lasts until the connection ends."""

    trailers = b""
    done = False
    untouched = sys.maxsize

    def passed(self, size: int) -> None:
        """There is no count to keep."""

    def take(self, buffer: bytearray) -> bytes:
        return take(buffer, len(buffer))

    def ended(self) -> bool:
        self.done = True
        return True


class Chunked:
    """A chunked body (RFC 9112 §7.1). Chunk extensions are dropped, trailers kept in `trailers`."""

    untouched = 0

    def passed(self, size: int) -> None:
        """None of it goes by."""

    def __init__(self) -> None:
        self.done = False
        self.trailers = b""
        self._left = 0  # of the current chunk, with its CR LF
        self._last = False
        self._trailer_bytes = 0

    def ended(self) -> bool:
        return self.done

    def take(self, buffer: bytearray) -> bytes:
        pieces: list[bytes] = []
        while buffer and not self.done:
            if self._left:
                pieces.append(self._data(buffer))
            elif not self._line(buffer):
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _data(self, buffer: bytearray) -> bytes:
        piece = take(buffer, self._left - 2) if self._left > 2 else b""  # noqa: PLR2004
        self._left -= len(piece)
        if self._left <= 2 and buffer:  # noqa: PLR2004
            end = take(buffer, self._left)
            if end != b"\r\n"[2 - self._left :][: len(end)]:
                raise Malformed("syntax", "a chunk is longer than it says")
            self._left -= len(end)
        return piece

    def _line(self, buffer: bytearray) -> bool:
        """Take a chunk header or a trailer line, if there is a whole one."""
        end = buffer.find(b"\n", 0, _LINE_LIMIT + 2)
        if end < 0:
            if len(buffer) > _LINE_LIMIT:
                raise Malformed("syntax", "a chunk header or trailer is too long")
            return False
        line = take(buffer, end + 1)
        if not line.endswith(b"\r\n"):
            raise Malformed("syntax", "a line of a chunked body ends with LF and without CR")
        if self._last:
            self._trailer(line)
        else:
            self._size(line[:-2])
        return True

    def _size(self, line: bytes) -> None:
        found = _CHUNK.fullmatch(line)
        if found is None:
            raise Malformed("syntax", "a chunk header is not a hexadecimal number")
        size = int(found.group(1), 16)
        self._left = size + 2 if size else 0
        self._last = size == 0

    def _trailer(self, line: bytes) -> None:
        if line == b"\r\n":
            self.done = True
            return
        self._trailer_bytes += len(line)
        if self._trailer_bytes > _TRAILER_LIMIT:
            raise Malformed("syntax", "the trailers of a chunked body are too long")
        if header(line[:-2]).key not in _NOT_IN_TRAILERS:
            self.trailers += line


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""


def last_chunk(trailers: bytes) -> bytes:
    return b"0\r\n" + trailers + b"\r\n"
