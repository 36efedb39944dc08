"""C11: chunked bodies pass through both ways; an HTTP/1.0 client gets the body until the connection closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import Running

BODY = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
HEAD = "POST /chunks HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


def test_chunked_both_ways(raw: Running) -> None:
    head, _, body = raw.raw(HEAD.format(host=raw.host).encode() + BODY).partition(b"\r\n\r\n")
    assert b"\r\nTransfer-Encoding: chunked" in head
    size, _, rest = body.partition(b"\r\n")
    sent = rest[: int(size, 16)]
    assert rest[len(sent) :] == b"\r\n0\r\n\r\n"
    assert b"hello" in sent
    assert b"world" in sent
    assert sent.endswith(b"\r\n0\r\n\r\n")


def test_http_1_0(raw: Running) -> None:
    head, _, body = raw.raw(f"GET /chunked HTTP/1.0\r\nHost: {raw.host}\r\n\r\n".encode()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nConnection: close" in head
    assert b"Transfer-Encoding" not in head
    assert body == b"hello world"
