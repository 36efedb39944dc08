"""Responses as dynos write them, held to the limits of Heroku's router."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from localku.router.codes import H17, H25, Failed
from localku.router.http1.http_lines import (
    Header,
    HeadScanner,
    Malformed,
    Sizes,
    Values,
    listed,
    options,
    split,
)
from localku.router.router_limits import Limits

_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2}) ([^\x00-\x08\x0a-\x1f\x7f]*)")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_OVERSIZED = {"first line": "oversized status line", "header": "oversized header", "count": "oversized header"}
CONTINUE = 100
SWITCHING = 101


class Response(NamedTuple):
    """The head of a response. `length` is None where the body is chunked or ends with the connection."""

    minor: int
    status: int
    reason: bytes
    headers: list[Header]
    values: Values  # as in `lines.Head`
    chunked: bool
    length: int | None
    options: frozenset[bytes]  # what the Connection header lists, in lower case

    def has_body(self, method: bytes) -> bool:
        return method != b"HEAD" and self.status not in {204, 304} and self.status >= 200  # noqa: PLR2004

    @property
    def keep_alive(self) -> bool:
        return b"close" not in self.options if self.minor else b"keep-alive" in self.options


def scanner(limits: Limits) -> HeadScanner:
    return HeadScanner(_sizes(limits))


def _sizes(limits: Limits) -> Sizes:
    return Sizes(limits.status_line, limits.response_header, limits.response_headers)


def refused(bad: Malformed) -> Failed:
    """The H-code of a head that cannot be read: H25 for a limit, H17 for anything else."""
    if bad.part in _OVERSIZED:
        return Failed(H25.described(_OVERSIZED[bad.part]), bad.reason)
    return Failed(H17, bad.reason)


def parse(head: bytes, limits: Limits) -> Response:
    """Read a complete head. Raises Failed with H17 or H25."""
    try:
        line, headers, values = split(head, _sizes(limits))
    except Malformed as bad:
        raise refused(bad) from bad
    found = _LINE.fullmatch(line)
    if found is None:
        raise Failed(H17, "the status line is not `HTTP/1.1 200 OK`, with all three parts")
    minor, status, reason = found.groups()
    _check_cookies(values.get(b"set-cookie", ()), limits)
    codings = listed(values, b"transfer-encoding")
    if codings and codings != [b"chunked"]:
        raise Failed(H17, "Transfer-Encoding is not `chunked`")
    length = _length(values)
    return Response(
        int(minor), int(status), reason, headers, values, bool(codings), None if codings else length, options(values)
    )


def _check_cookies(cookies: Iterable[bytes], limits: Limits) -> None:
    for one in cookies:
        if len(b"Set-Cookie: ") + len(one) > limits.set_cookie:
            raise Failed(
                H25.described("oversized cookie"), f"a Set-Cookie line has more than {limits.set_cookie} bytes"
            )


def _length(values: Values) -> int | None:
    lengths = set(listed(values, b"content-length"))
    if not lengths:
        return None
    length = lengths.pop()
    if lengths or not _LENGTH.fullmatch(length):
        raise Failed(H25.described("invalid content length"), "Content-Length is not one number")
    return int(length)
