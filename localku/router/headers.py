"""What the router changes in headers on their way to the dyno and back.

Sources: HR25, and vegur's vegur_headers.erl for the hop-by-hop set. X-Forwarded-Port is 80 or 443 as
on Heroku, whichever port localku listens on: apps build their URLs from Host, which names the real one,
and compare X-Forwarded-Port with Heroku's two values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from localku.router.lines import Header
from localku.router.request import Framing, Request
from localku.router.response import SWITCHING, Response

VIA = b"1.1 heroku-router"
SERVER = b"Heroku"

_HOP_BY_HOP = frozenset(
    (b"connection", b"te", b"keep-alive", b"proxy-authorization", b"proxy-connection", b"transfer-encoding")
)
_UPGRADE = frozenset((b"upgrade",))
_REPLACED = _HOP_BY_HOP | frozenset(
    (
        b"content-length",
        b"expect",  # the router has answered it
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


@dataclass(frozen=True)
class Origin:
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


def _joined(headers: list[Header], key: bytes, last: bytes) -> bytes:
    return b", ".join([one.value for one in headers if one.key == key and one.value] + [last])


def forwarded_for(request: Request, origin: Origin) -> bytes:
    """The client's own X-Forwarded-For with its real address on the right."""
    return _joined(request.headers, b"x-forwarded-for", origin.address.encode())


def request_id(request: Request) -> bytes:
    """The client's X-Request-Id if there is one and it is 20 to 200 plain characters, else a new UUID."""
    given = [one.value for one in request.headers if one.key == b"x-request-id"]
    if len(given) == 1 and _REQUEST_ID.fullmatch(given[0]):
        return given[0]
    return str(uuid4()).encode()


def _kept(headers: list[Header], options: frozenset[bytes], replaced: frozenset[bytes]) -> list[bytes]:
    gone = replaced | (options - _UPGRADE) if options else replaced
    return [b"%b: %b" % (one.name, one.value) for one in headers if one.key not in gone]


def to_dyno(request: Request, framing: Framing, origin: Origin, ident: bytes, *, keep_alive: bool) -> bytes:
    """The head of the request as the dyno gets it."""
    lines = [b"%b %b HTTP/1.1" % (request.method, request.target), b"Host: " + request.authority]
    lines += _kept(request.headers, request.options, _REPLACED)
    if framing.chunked:
        lines.append(b"Transfer-Encoding: chunked")
    elif framing.length or request.first(b"content-length") is not None:
        lines.append(b"Content-Length: %d" % framing.length)
    if request.upgrade:
        lines.append(b"Connection: Upgrade")
    elif not keep_alive:
        lines.append(b"Connection: close")
    lines += [
        b"X-Forwarded-For: " + forwarded_for(request, origin),
        b"X-Forwarded-Proto: " + origin.scheme.encode(),
        b"X-Forwarded-Port: " + (b"443" if origin.tls else b"80"),
        b"X-Request-Start: %d" % int(origin.arrived.timestamp() * 1000),
        b"X-Request-Id: " + ident,
        b"Via: " + _joined(request.headers, b"via", VIA),
        b"\r\n",
    ]
    return b"\r\n".join(lines)


_RESPONSE_REPLACED = _HOP_BY_HOP | frozenset((b"content-length", b"server", b"via"))


def to_client(request: Request, response: Response, *, chunked: bool, keep_alive: bool) -> bytes:
    """The head of the response as the client gets it: always HTTP/1.1."""
    lines = [b"HTTP/1.1 %d %b" % (response.status, response.reason)]
    lines += _kept(response.headers, response.options, _RESPONSE_REPLACED)
    if chunked:
        lines.append(b"Transfer-Encoding: chunked")
    elif response.length is not None and response.status not in {SWITCHING, 204}:
        lines.append(b"Content-Length: %d" % response.length)
    lines += [b"Server: " + SERVER, b"Via: " + _joined(response.headers, b"via", VIA)]
    lines += connection(request, response.status, keep_alive=keep_alive)
    return b"\r\n".join([*lines, b"\r\n"])


def connection(request: Request, status: int, *, keep_alive: bool) -> Iterable[bytes]:
    """The Connection header, where one has to be said."""
    if status == SWITCHING:
        return (b"Connection: Upgrade",)
    if not keep_alive:
        return (b"Connection: close",)
    return () if request.minor else (b"Connection: keep-alive",)
