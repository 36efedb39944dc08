"""The grammar that requests and responses share: a first line, header lines, a blank line (RFC 9112).

It is ours rather than llhttp's because Heroku takes any method and names the limit that was broken,
and because a router and a dyno must never disagree on where a message ends: whatever is not plainly
right (a bare LF, a folded line, a space before the colon) is refused and never repaired.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
END = b"\r\n\r\n"

_LINE = TOKEN + rb":[^\x00-\x08\x0a-\x1f\x7f]*+"
_HEADER = re.compile(_LINE)
_HEADERS = re.compile(rb"(?:" + _LINE + rb"\r\n)*+")
_PARTS = re.compile(rb"([^:\r\n]+):[ \t]*([^\r\n]*)\r\n")
_UPGRADE = frozenset((b"upgrade",))
_SMALL = 2048
_REMEMBERED = 256
_BARE_LF = re.compile(rb"(?<!\r)\n")


Values = dict[bytes, list[bytes]]


class Header(NamedTuple):
    """`key` is the name in lower case, `name` the name as it was sent."""

    key: bytes
    name: bytes
    value: bytes


class Malformed(Exception):
    """Not HTTP. `part` is what broke: "first line" or "header" too long, "count" of headers, or "syntax"."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(reason)
        self.part = part
        self.reason = reason


def header(line: bytes) -> Header:
    """Read one header line without its CR LF. Raises Malformed."""
    if _HEADER.fullmatch(line) is None:
        if line[:1] in b" \t":
            raise Malformed("syntax", "a header line begins with a space: folded headers are not allowed")
        raise Malformed("syntax", "a header line is not `Name: value`")
    name, _, value = line.partition(b":")
    return Header(name.lower(), name, value.strip(b" \t"))


class Sizes(NamedTuple):
    """The longest first line and header line of a head in bytes, and the most headers."""

    first_line: int
    line: int
    headers: int


@dataclass(slots=True)
class HeadScanner:
    """Finds the end of a head that arrives in pieces, refusing it as soon as it is too large."""

    sizes: Sizes
    _scanned: int = 0
    _lines: int = 0

    def end(self, buffer: bytearray) -> int:
        """The length of the head with its blank line, or 0 if more is needed. Raises Malformed."""
        found = buffer.find(END, max(self._scanned - 3, 0))
        if found >= 0:
            return found + len(END)
        self._check(buffer)
        self._scanned = len(buffer)
        return 0

    def _check(self, buffer: bytearray) -> None:
        if _BARE_LF.search(buffer, self._scanned):
            raise Malformed("syntax", "a line ends with LF and without CR")
        self._lines += buffer.count(b"\n", self._scanned)
        if self._lines > self.sizes.headers + 1:
            raise Malformed("count", f"there are more than {self.sizes.headers} headers")
        begun = buffer.rfind(b"\n") + 1
        limit = self.sizes.line if begun else self.sizes.first_line
        if len(buffer) - begun > limit + 1:  # one more for a CR whose LF is still to come
            raise Malformed("header" if begun else "first line", f"a line has more than {limit} bytes")


class Onward(NamedTuple):
    """A piece of a head as it goes on, and what it depends on beside the header lines."""

    key: tuple[str | int, ...]
    piece: bytes


class Fields:
    """The header lines of a message, taken apart once for all messages that have the same ones.

    One client after another, and one response after another, says the same; to read it again would take a third of
    the time that a request takes. Nothing in here is ever changed.

    `values` has the values of each header in their order, by lower-case name; `options` is what the Connection header
    lists, `codings` and `lengths` what Transfer-Encoding and Content-Length do, in lower case. `lasting` says whether
    the connection stays open, for a message of HTTP/1.0 and for one of HTTP/1.1. What others make of them stays in
    `onward`.
    """

    __slots__ = ("_kept", "codings", "headers", "lasting", "lengths", "longest_name", "onward", "options", "values")

    def __init__(self, block: bytes) -> None:
        """`block`: lines, each with its CR LF. Raises Malformed."""
        self.headers = _headers_of(block)
        self._kept: tuple[frozenset[bytes], bytes] | None = None
        self.onward: Onward | None = None
        self.values: Values = {}
        for key, _, value in self.headers:
            found = self.values.get(key)
            if found is None:
                self.values[key] = [value]
            else:
                found.append(value)
        self.longest_name = max(map(len, self.values), default=0)
        self.options = frozenset(listed(self.values, b"connection"))
        self.lasting = (b"keep-alive" in self.options, b"close" not in self.options)
        self.codings = listed(self.values, b"transfer-encoding")
        self.lengths = frozenset(listed(self.values, b"content-length"))

    def without(self, replaced: frozenset[bytes]) -> bytes:
        """The lines as they go on, each with its CR LF: not those in `replaced`, nor what Connection lists."""
        if self._kept is None or self._kept[0] is not replaced:
            gone = replaced | (self.options - _UPGRADE)
            lines = [b"%b: %b\r\n" % (name, value) for key, name, value in self.headers if key not in gone]
            self._kept = (replaced, b"".join(lines))
        return self._kept[1]


_remembered = lru_cache(_REMEMBERED)(Fields)


def split(head: bytes, sizes: Sizes) -> tuple[bytes, Fields]:
    """The first line of a complete head, and its headers. Raises Malformed."""
    first, _, block = head[:-2].partition(b"\r\n")
    if len(first) > sizes.first_line:
        raise Malformed("first line", f"the first line has more than {sizes.first_line} bytes")
    if block.count(b"\r\n") > sizes.headers:
        raise Malformed("count", f"there are more than {sizes.headers} headers")
    if len(block) > sizes.line and max(map(len, block.split(b"\r\n"))) > sizes.line:
        raise Malformed("header", f"a header line has more than {sizes.line} bytes")
    return first, _remembered(block) if len(block) <= _SMALL else Fields(block)


def _headers_of(block: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """Take header lines apart, each of which ends with CR LF, into what `Header` has. Raises Malformed."""
    if _HEADERS.fullmatch(block) is None:
        return [header(line) for line in block.split(b"\r\n")[:-1]]
    return [(name.lower(), name, value.rstrip(b" \t")) for name, value in _PARTS.findall(block)]


def listed(values: Values, key: bytes) -> list[bytes]:
    """The lower-case members of a comma-separated header, over all its lines."""
    found = values.get(key)
    if found is None:
        return []
    return [item.strip(b" \t") for value in found for item in value.lower().split(b",")]
