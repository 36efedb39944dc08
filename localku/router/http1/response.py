"""Responses as dynos write them, held to the limits of Heroku's router."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from localku.router.codes import H17, H25, Failed
from localku.router.http1.http_lines import Fields, HeadScanner, Malformed, Onward, Sizes, Values, split
from localku.router.router_limits import Limits

_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2}) ([^\x00-\x08\x0a-\x1f\x7f]*)")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_OVERSIZED = {"first line": "oversized status line", "header": "oversized header", "count": "oversized header"}
_REMEMBERED = 64
_SMALL = 2048
_FEW = 8  # routers that one process has, with limits of their own
CONTINUE = 100
SWITCHING = 101


@dataclass(slots=True, eq=False)
class Response:
    """The head of a response. `length` is None where the body is chunked or ends with the connection.

    One value serves all responses with the same head; `onward` is kept here. Nothing else is ever changed.
    """

    minor: int
    status: int
    reason: bytes
    fields: Fields
    values: Values  # of `fields`
    chunked: bool
    length: int | None
    keep_alive: bool = field(init=False)
    """Whether the dyno takes another request on this connection."""
    onward: Onward | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.keep_alive = self.fields.lasting[self.minor]

    def has_body(self, method: bytes) -> bool:
        return method != b"HEAD" and self.status not in {204, 304} and self.status >= 200  # noqa: PLR2004


def scanner(limits: Limits) -> HeadScanner:
    return HeadScanner(_sizes(limits))


@lru_cache(_FEW)
def _sizes(limits: Limits) -> Sizes:
    return Sizes(limits.status_line, limits.response_header, limits.response_headers)


def refused(bad: Malformed) -> Failed:
    """The H-code of a head that cannot be read: H25 for a limit, H17 for anything else."""
    if bad.part in _OVERSIZED:
        return Failed(H25.described(_OVERSIZED[bad.part]), bad.reason)
    return Failed(H17, bad.reason)


def parse(head: bytes, limits: Limits) -> Response:
    """Read a complete head. Raises Failed with H17 or H25."""
    return _remembered(head, limits) if len(head) <= _SMALL else _parsed(head, limits)


def _parsed(head: bytes, limits: Limits) -> Response:
    try:
        line, fields = split(head, _sizes(limits))
    except Malformed as bad:
        raise refused(bad) from bad
    minor, status, reason = _status_line(line)
    _check_cookies(fields.values.get(b"set-cookie", ()), limits)
    chunked = bool(fields.codings)
    if chunked and fields.codings != [b"chunked"]:
        raise Failed(H17, "Transfer-Encoding is not `chunked`")
    length = _length(fields.lengths)
    return Response(minor, status, reason, fields, fields.values, chunked, None if chunked else length)


_remembered = lru_cache(_REMEMBERED)(_parsed)


@lru_cache(_REMEMBERED)
def _status_line(line: bytes) -> tuple[int, int, bytes]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise Failed(H17, "the status line is not `HTTP/1.1 200 OK`, with all three parts")
    minor, status, reason = found.groups()
    return int(minor), int(status), reason


def _check_cookies(cookies: Iterable[bytes], limits: Limits) -> None:
    for one in cookies:
        if len(b"Set-Cookie: ") + len(one) > limits.set_cookie:
            raise Failed(
                H25.described("oversized cookie"), f"a Set-Cookie line has more than {limits.set_cookie} bytes"
            )


def _length(lengths: frozenset[bytes]) -> int | None:
    if not lengths:
        return None
    length = next(iter(lengths))
    if len(lengths) > 1 or not _LENGTH.fullmatch(length):
        raise Failed(H25.described("invalid content length"), "Content-Length is not one number")
    return int(length)
