"""The grammar that requests and responses share: a first line, header lines, a blank line (RFC 9112).

It is ours rather than llhttp's because Heroku takes any method and names the limit that was broken,
and because a router and a dyno must never disagree on where a message ends: whatever is not plainly
right (a bare LF, a folded line, a space before the colon) is refused and never repaired.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
END = b"\r\n\r\n"

_LINE = TOKEN + rb":[^\x00-\x08\x0a-\x1f\x7f]*+"
_HEADER = re.compile(_LINE)
_HEADERS = re.compile(rb"(?:" + _LINE + rb"\r\n)*+")
_BARE_LF = re.compile(rb"(?<!\r)\n")


Values = dict[bytes, list[bytes]]
NONE: frozenset[bytes] = frozenset()


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


class Head(NamedTuple):
    """A head taken apart: `values` has the values of each header in their order, by lower-case name."""

    first: bytes
    headers: list[Header]
    values: Values


def split(head: bytes, sizes: Sizes) -> Head:
    """Take a complete head apart. Raises Malformed."""
    first, _, block = head[:-2].partition(b"\r\n")
    if len(first) > sizes.first_line:
        raise Malformed("first line", f"the first line has more than {sizes.first_line} bytes")
    lines = block.split(b"\r\n")
    del lines[-1]  # what follows the last CR LF
    if len(lines) > sizes.headers:
        raise Malformed("count", f"there are more than {sizes.headers} headers")
    if len(block) > sizes.line and max(map(len, lines)) > sizes.line:
        raise Malformed("header", f"a header line has more than {sizes.line} bytes")
    if _HEADERS.fullmatch(block) is None:
        for line in lines:
            header(line)
    headers = []
    values: Values = {}
    for line in lines:
        name, _, value = line.partition(b":")
        key = name.lower()
        value = value.strip(b" \t")
        headers.append(Header(key, name, value))
        values.setdefault(key, []).append(value)
    return Head(first, headers, values)


def listed(values: Values, key: bytes) -> list[bytes]:
    """The lower-case members of a comma-separated header, over all its lines."""
    found = values.get(key)
    if found is None:
        return []
    return [item.strip(b" \t") for value in found for item in value.lower().split(b",")]


def options(values: Values) -> frozenset[bytes]:
    """What the Connection header lists, in lower case."""
    return frozenset(listed(values, b"connection")) if b"connection" in values else NONE
