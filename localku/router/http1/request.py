"""Requests as clients write them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from localku.router import hosts
from localku.router.codes import H26, Failed
from localku.router.http1.http_lines import TOKEN, Fields, HeadScanner, Malformed, Sizes, Values, split
from localku.router.router_limits import Limits

_LINE = re.compile(rb"(" + TOKEN + rb") ([^\x00-\x20\x7f]+) HTTP/1\.([01])")
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(/[^#]*|\?[^#]*)?", re.IGNORECASE)
_LENGTH = re.compile(rb"[0-9]{1,18}")
_FEW = 8  # routers that one process has, with limits of their own
_SMALL = 2048
_REMEMBERED = 128
_MORE = frozenset((b"content-length", b"transfer-encoding", b"expect"))
_REPEATABLE = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE"))


class BadRequest(Exception):
    """A request that cannot be understood: answered with `status`, and no app hears of it."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(slots=True, eq=False)
class Request:
    """The head of a request. `host` is as `hosts.name` returns it, `authority` as the client wrote it.

    One value serves all requests with the same head. What is made of it then is kept here: `frame` and `said` (method,
    target and authority as text). Nothing else is ever changed.
    """

    method: bytes
    target: bytes
    minor: int
    fields: Fields
    values: Values  # of `fields`
    authority: bytes
    host: str
    keep_alive: bool = field(init=False)
    """Whether the client wants to send another request on this connection."""
    upgrade: bool = field(init=False)
    """Whether the client offers to speak another protocol from here on."""
    repeatable: bool = field(init=False)
    """Whether sending it twice does no harm (RFC 9110, safe methods)."""
    plain: bool = field(init=False)
    """Whether it is this head and no more, and its response has a body."""
    frame: Framing | None = field(default=None, init=False)
    said: tuple[str, str, str] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.keep_alive = self.fields.lasting[self.minor]
        self.upgrade = self.minor == 1 and b"upgrade" in self.values and b"upgrade" in self.fields.options
        self.repeatable = self.method in _REPEATABLE
        self.plain = self.method == b"GET" and not self.upgrade and self.values.keys().isdisjoint(_MORE)


def scanner(limits: Limits) -> HeadScanner:
    return HeadScanner(_sizes(limits))


@lru_cache(_FEW)
def _sizes(limits: Limits) -> Sizes:
    return Sizes(limits.request_line, limits.request_header, limits.request_headers)


def parse(head: bytes, limits: Limits) -> Request:
    """Read a complete head. Raises BadRequest."""
    return _remembered(head, limits) if len(head) <= _SMALL else _parsed(head, limits)


def _parsed(head: bytes, limits: Limits) -> Request:
    try:
        line, fields = split(head, _sizes(limits))
    except Malformed as bad:
        raise BadRequest(bad.reason) from bad
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadRequest("the first line is not `METHOD target HTTP/1.1`")
    method, target, minor = found.groups()
    _check_sizes(method, fields, limits)
    written, target = _target(method, target)
    authority = _authority(fields.values.get(b"host", []), written)
    host = hosts.name(authority)
    if host is None:
        raise BadRequest("the Host header is not a host name")
    return Request(method, target, int(minor), fields, fields.values, authority, host)


_remembered = lru_cache(_REMEMBERED)(_parsed)


def _check_sizes(method: bytes, fields: Fields, limits: Limits) -> None:
    if len(method) > limits.method:
        raise BadRequest(f"the method has more than {limits.method} characters")
    if fields.longest_name > limits.request_header_name:
        raise BadRequest(f"a header name has more than {limits.request_header_name} characters")


def _target(method: bytes, target: bytes) -> tuple[bytes | None, bytes]:
    """The host of an absolute target, if it is one, and the path with its query."""
    if method == b"CONNECT":
        raise BadRequest("CONNECT is the one method that dynos cannot be given", 405)
    if target.startswith(b"/") or (target == b"*" and method == b"OPTIONS"):
        return None, target
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        raise BadRequest("the target of the request is not a path")
    host, path = found.group(1), found.group(2) or b"/"
    return host, path if path.startswith(b"/") else b"/" + path


def _authority(found: list[bytes], written: bytes | None) -> bytes:
    if len(found) != 1:
        raise BadRequest("there is no Host header" if not found else "there is more than one Host header")
    if written is not None and written.lower() != found[0].lower():
        raise BadRequest("the target of the request and its Host header name different hosts")
    return found[0]


class Framing(NamedTuple):
    """How long a request's body is: `chunked`, or `length` bytes (0: there is none)."""

    length: int = 0
    chunked: bool = False
    ambiguous: bool = False  # both were given: chunked wins, and the connection is not used again

    @property
    def body(self) -> bool:
        return self.chunked or self.length > 0


BODILESS = Framing()


def framing(request: Request) -> Framing:
    """Where the body ends. Raises Failed with H26, cause "bad header"."""
    if request.frame is None:
        request.frame = _framing(request)
    return request.frame


def _framing(request: Request) -> Framing:
    codings, lengths = request.fields.codings, request.fields.lengths
    if codings:
        if codings != [b"chunked"] or request.minor == 0:
            raise _bad_header("Transfer-Encoding is not `chunked`, or this is HTTP/1.0")
        return Framing(chunked=True, ambiguous=bool(lengths))
    if not lengths:
        return BODILESS
    if len(lengths) > 1:
        raise _bad_header("Content-Length is given twice, differently")
    (length,) = lengths
    if not _LENGTH.fullmatch(length):
        raise _bad_header("Content-Length is not a number")
    return Framing(length=int(length))


def _bad_header(reason: str) -> Failed:
    return Failed(H26.because("bad header", 400), reason)


def wants_continue(request: Request) -> bool:
    """Whether the client waits for `100 Continue`. Raises Failed with H26 and status 417."""
    expected = request.values.get(b"expect")
    if expected is None or request.minor == 0:
        return False
    if any(one.lower() != b"100-continue" for one in expected):
        raise Failed(H26.because("unsupported expect header value", 417), "Only `Expect: 100-continue` is understood.")
    return True
