"""What the router changes in headers on their way to the dyno and back.

Sources: HR25, and vegur's vegur_headers.erl for the hop-by-hop set. X-Forwarded-Port is 80 or 443 as
on Heroku, whichever port localku listens on: apps build their URLs from Host, which names the real one,
and compare X-Forwarded-Port with Heroku's two values.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from localku.router.http1.http_lines import Header, Values
from localku.router.http1.request import Framing, Request
from localku.router.http1.response import SWITCHING, Response

VIA = b"1.1 heroku-router"
SERVER = b"Heroku"

_HOP_BY_HOP = frozenset(
    (b"connection", b"te", b"keep-alive", b"proxy-authorization", b"proxy-connection", b"transfer-encoding")
)
_HTTP = b"X-Forwarded-Proto: http\r\nX-Forwarded-Port: 80"
_HTTPS = b"X-Forwarded-Proto: https\r\nX-Forwarded-Port: 443"
_UPGRADE = frozenset((b"upgrade",))
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
_REQUEST_ID = re.compile(rb"[A-Za-z0-9+/=-]{20,200}")  # vegur; Dev Center "HTTP Request IDs"


class Origin(NamedTuple):
    """What the router knows of a request beside its bytes; `http2` is the TLS version of one that came over HTTP/2."""

    address: str
    tls: bool
    arrived: datetime
    http2: str | None = None

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    @property
    def protocol(self) -> str:
        """What the log line says after `protocol=`: HR25's form for HTTP/2, that of all captures for the rest."""
        return f"http2.0 tls=true tls_version={self.http2}" if self.http2 else self.scheme


def _joined(values: Values, key: bytes, last: bytes) -> bytes:
    found = values.get(key)
    return last if found is None else b", ".join([one for one in found if one] + [last])


def forwarded_for(request: Request, origin: Origin) -> bytes:
    """The client's own X-Forwarded-For with its real address on the right."""
    return _joined(request.values, b"x-forwarded-for", origin.address.encode())


def request_id(request: Request) -> bytes:
    """The client's X-Request-Id if there is one and it is 20 to 200 plain characters, else a new UUID."""
    given = request.values.get(b"x-request-id")
    if given is not None and len(given) == 1 and _REQUEST_ID.fullmatch(given[0]):
        return given[0]
    return _new_id()


def _new_id() -> bytes:
    """A random UUID, at a tenth of what `uuid4` takes; nobody relies on its being a secret."""
    digits = b"%032x" % random.getrandbits(128)
    return b"%b-%b-4%b-%b%b-%b" % (
        digits[:8], digits[8:12], digits[13:16], b"89ab"[digits[16] % 4 :][:1], digits[17:20], digits[20:]
    )  # fmt: skip


def _kept(headers: list[Header], options: frozenset[bytes], replaced: frozenset[bytes]) -> list[bytes]:
    gone = replaced | (options - _UPGRADE) if options else replaced
    return [b"%b: %b" % (one.name, one.value) for one in headers if one.key not in gone]


def to_dyno(
    request: Request, framing: Framing, origin: Origin, ident: bytes, *, keep_alive: bool, expects: bool = False
) -> bytes:
    """The head of the request as the dyno gets it; `expects`: with `Expect: 100-continue`."""
    lines = [b"%b %b HTTP/1.1" % (request.method, request.target), b"Host: " + request.authority]
    lines += _kept(request.headers, request.options, _REPLACED)
    if framing.chunked:
        lines.append(b"Transfer-Encoding: chunked")
    elif framing.length or b"content-length" in request.values:
        lines.append(b"Content-Length: %d" % framing.length)
    if expects:
        lines.append(b"Expect: 100-continue")
    if request.upgrade:
        lines.append(b"Connection: Upgrade")
    elif not keep_alive:
        lines.append(b"Connection: close")
    lines.append(
        b"X-Forwarded-For: %b\r\n%b\r\nX-Request-Start: %d\r\nX-Request-Id: %b\r\nVia: %b\r\n\r\n"
        % (
            forwarded_for(request, origin),
            _HTTPS if origin.tls else _HTTP,
            int(origin.arrived.timestamp() * 1000),
            ident,
            _joined(request.values, b"via", VIA),
        )
    )
    return b"\r\n".join(lines)


_RESPONSE_REPLACED = _HOP_BY_HOP | frozenset((b"content-length", b"server", b"via"))


def to_client(
    request: Request, response: Response, *, chunked: bool, keep_alive: bool, more: Iterable[bytes] = ()
) -> bytes:
    """The head of the response, with `more` header lines, as the client gets it: always HTTP/1.1."""
    lines = [b"HTTP/1.1 %d %b" % (response.status, response.reason)]
    lines += _kept(response.headers, response.options, _RESPONSE_REPLACED)
    if chunked:
        lines.append(b"Transfer-Encoding: chunked")
    elif response.length is not None and response.status >= 200 and response.status != 204:  # noqa: PLR2004
        lines.append(b"Content-Length: %d" % response.length)
    lines += more
    lines.append(b"Server: %b\r\nVia: %b" % (SERVER, _joined(response.values, b"via", VIA)))
    lines += connection(request, response.status, keep_alive=keep_alive)
    lines.append(b"\r\n")
    return b"\r\n".join(lines)


def connection(request: Request, status: int, *, keep_alive: bool) -> Iterable[bytes]:
    """The Connection header, where one has to be said."""
    if status == SWITCHING:
        return (b"Connection: Upgrade",)
    if not keep_alive:
        return (b"Connection: close",)
    return () if request.minor else (b"Connection: keep-alive",)
