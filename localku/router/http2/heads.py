"""Heads of messages between HTTP/2 and the HTTP/1.1 the rest of the router speaks (RFC 9113 §8)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from localku.router.http1.headers import VIA

Pairs = list[tuple[bytes, bytes]]

VIA_HTTP2 = b"2.0 heroku-router"
"""What a client that came over HTTP/2 reads in Via (HR25)."""

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(rb"[^\x00-\x20\x7f]+")
_BREAKS = re.compile(rb"[\x00\r\n]")
_CONNECTION = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"))
"""Headers about a connection, which HTTP/2 does not have (RFC 9113 §8.2.2)."""


class Unspeakable(Exception):
    """A request that HTTP/1.1 has no way to say, or only one that would say something else."""


def request(headers: Iterable[tuple[bytes, bytes]], *, body: bool) -> tuple[bytes, bool]:
    """A request's head as HTTP/1.1, and whether its body is to be chunked. Raises Unspeakable.

    `body` tells whether one follows. Nothing that could end a line or a head gets through.
    """
    pseudo, fields = _parted(headers)
    method, target = pseudo.get(b":method", b""), pseudo.get(b":path", b"")
    host = pseudo.get(b":authority") or dict(fields).get(b"host", b"")
    if not _METHOD.fullmatch(method) or not _TARGET.fullmatch(target) or method == b"CONNECT":
        raise Unspeakable
    lines = [b"%b %b HTTP/1.1" % (method, target), b"Host: " + host]
    cookies = [value for name, value in fields if name == b"cookie"]
    lines += [b"%b: %b" % pair for pair in fields if pair[0] not in {b"host", b"cookie"}]
    if cookies:  # RFC 9113 §8.2.3: split for compression, joined again for HTTP/1.1
        lines.append(b"Cookie: " + b"; ".join(cookies))
    chunked = body and b"content-length" not in dict(fields)
    if chunked:
        lines.append(b"Transfer-Encoding: chunked")
    return b"\r\n".join([*lines, b"\r\n"]), chunked


def _parted(headers: Iterable[tuple[bytes, bytes]]) -> tuple[dict[bytes, bytes], Pairs]:
    pseudo: dict[bytes, bytes] = {}
    fields: Pairs = []
    for name, value in headers:
        if _BREAKS.search(value):
            raise Unspeakable
        if name.startswith(b":"):
            pseudo[name] = value
        elif not _TOKEN.fullmatch(name):
            raise Unspeakable
        elif name not in _CONNECTION:
            fields.append((name, value))
    return pseudo, fields


def response(status: int, headers: Iterable[tuple[bytes, bytes]]) -> Pairs:
    """A response's head as HTTP/2 has it: lower case, nothing about connections, Via with the version."""
    fields = [(name.lower(), value) for name, value in headers if name.lower() not in _CONNECTION]
    told = [(name, _via(value) if name == b"via" else value) for name, value in fields]
    return [(b":status", b"%d" % status), *told]


def _via(value: bytes) -> bytes:
    return value.removesuffix(VIA) + VIA_HTTP2 if value.endswith(VIA) else value
