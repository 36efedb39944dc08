"""What the router changes in headers on their way to the dyno and back.

Sources: HR25, and vegur's vegur_headers.erl for the hop-by-hop set. X-Forwarded-Port is 80 or 443 as
on Heroku, whichever port localku listens on: apps build their URLs from Host, which names the real one,
and compare X-Forwarded-Port with Heroku's two values.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from localku.router.http1.http_lines import Onward
from localku.router.http1.origin import Origin, forwarded_for, joined
from localku.router.http1.request import Framing, Request
from localku.router.http1.response import SWITCHING, Response

VIA = b"1.1 heroku-router"
SERVER = b"Heroku"

_HOP_BY_HOP = frozenset(
    (b"connection", b"te", b"keep-alive", b"proxy-authorization", b"proxy-connection", b"transfer-encoding")
)
_HTTP = b"X-Forwarded-Proto: http\r\nX-Forwarded-Port: 80\r\n"
_HTTPS = b"X-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n"
_REPLACED = _HOP_BY_HOP | frozenset(
    (
        b"content-length",
        b"expect",  # answered by the router, or added below
        b"host",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-port",
        b"x-forwarded-proto",
        b"x-request-id",
        b"x-request-start",
    )
)
_TO_DYNO = b"%b %b HTTP/1.1\r\n%bX-Request-Start: %d\r\nX-Request-Id: %b\r\n\r\n"
_ONWARD = b"Host: %b\r\n%b%b%b%bX-Forwarded-For: %b\r\n%bVia: %b\r\n"
_RANDOM = ~(0xF << 76 | 0x3 << 62)
_VERSION_4 = 0x4 << 76 | 0x2 << 62  # RFC 9562 §5.4
_REQUEST_ID = re.compile(rb"[A-Za-z0-9+/=-]{20,200}")  # vegur; Dev Center "HTTP Request IDs"


def request_id(request: Request) -> bytes:
    """The client's X-Request-Id if there is one and it is 20 to 200 plain characters, else a new UUID."""
    given = request.values.get(b"x-request-id")
    if given is not None and len(given) == 1 and _REQUEST_ID.fullmatch(given[0]):
        return given[0]
    return _new_id()


def _new_id() -> bytes:
    """A random UUID, at a tenth of what `uuid4` takes; nobody relies on its being a secret."""
    number = random.getrandbits(128) & _RANDOM | _VERSION_4
    digits = number.to_bytes(16, "big").hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}".encode()


def to_dyno(
    request: Request, framing: Framing, origin: Origin, ident: bytes, *, keep_alive: bool, expects: bool = False
) -> bytes:
    """The head of the request as the dyno gets it; `expects`: with `Expect: 100-continue`."""
    key = origin.address, origin.tls, keep_alive, expects, request.minor
    onward = request.fields.onward
    if onward is None or onward.key != key:
        piece = _onward(request, framing, origin, keep_alive=keep_alive, expects=expects)
        onward = request.fields.onward = Onward(key, piece)
    started = int(origin.arrived.timestamp() * 1000)
    return _TO_DYNO % (request.method, request.target, onward.piece, started, ident)


def _onward(request: Request, framing: Framing, origin: Origin, *, keep_alive: bool, expects: bool) -> bytes:
    """What is the same for all requests with these header lines, from this address."""
    return _ONWARD % (
        request.authority,
        request.fields.without(_REPLACED),
        _length(request, framing),
        b"Expect: 100-continue\r\n" if expects else b"",
        b"Connection: Upgrade\r\n" if request.upgrade else b"" if keep_alive else b"Connection: close\r\n",
        forwarded_for(request.values, origin),
        _HTTPS if origin.tls else _HTTP,
        joined(request.values, b"via", VIA),
    )


def _length(request: Request, framing: Framing) -> bytes:
    if framing.chunked:
        return b"Transfer-Encoding: chunked\r\n"
    if framing.length or b"content-length" in request.values:
        return b"Content-Length: %d\r\n" % framing.length
    return b""


_RESPONSE_REPLACED = _HOP_BY_HOP | frozenset((b"content-length", b"server", b"via"))


def to_client(
    request: Request, response: Response, *, chunked: bool, keep_alive: bool, more: Sequence[bytes] = ()
) -> bytes:
    """The head of the response, with `more` header lines, as the client gets it: always HTTP/1.1."""
    if more:
        return _to_client(request, response, chunked=chunked, keep_alive=keep_alive, more=more)
    key = chunked, keep_alive, request.minor
    onward = response.onward
    if onward is None or onward.key != key:
        head = _to_client(request, response, chunked=chunked, keep_alive=keep_alive)
        onward = response.onward = Onward(key, head)
    return onward.piece


def _to_client(
    request: Request, response: Response, *, chunked: bool, keep_alive: bool, more: Sequence[bytes] = ()
) -> bytes:
    length = b""
    if chunked:
        length = b"Transfer-Encoding: chunked\r\n"
    elif response.length is not None and response.status >= 200 and response.status != 204:  # noqa: PLR2004
        length = b"Content-Length: %d\r\n" % response.length
    return b"HTTP/1.1 %d %b\r\n%b%b%bServer: %b\r\nVia: %b\r\n%b\r\n" % (
        response.status,
        response.reason,
        response.fields.without(_RESPONSE_REPLACED),
        length,
        b"".join([line + b"\r\n" for line in more]) if more else b"",
        SERVER,
        joined(response.values, b"via", VIA),
        _connection(request, response.status, keep_alive=keep_alive),
    )


def _connection(request: Request, status: int, *, keep_alive: bool) -> bytes:
    """The Connection header, where one has to be said."""
    if status == SWITCHING:
        return b"Connection: Upgrade\r\n"
    if not keep_alive:
        return b"Connection: close\r\n"
    return b"" if request.minor else b"Connection: keep-alive\r\n"
