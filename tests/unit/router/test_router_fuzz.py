"""Any bytes at all: the parsers never crash, and what is forwarded means one thing to everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httptools
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from router_kit import FAST, OK, Client, Dyno, World, heard, says, start

from localku.router.codes import Failed
from localku.router.http1 import response
from localku.router.http1.bodies import Chunked, Decoder
from localku.router.http1.headers import to_dyno
from localku.router.http1.http_lines import Malformed
from localku.router.http1.origin import Origin
from localku.router.http1.request import BadRequest, framing, parse, scanner
from localku.router.router_limits import Limits
from localku.router.router_server import RouterThread

LIMITS = Limits()
ORIGIN = Origin("127.0.0.1", tls=False, arrived=datetime(2026, 1, 1, tzinfo=UTC))
FEW = settings(max_examples=200, deadline=None)

PIECES = st.sampled_from(
    [b"GET", b"POST", b" ", b"  ", b"/", b"/a?b=c", b"*", b"http://a/", b"HTTP/1.1", b"HTTP/1.0", b"\r\n", b"\n", b"\r",
     b"\r\n\r\n", b"Host: a", b"Host:a", b"\r\nHost: a\r\n", b"Content-Length: 5", b"Content-Length: 0", b"\r\n ", b":",
     b"Transfer-Encoding: chunked", b"Transfer-Encoding:\tchunked", b"Transfer-Encoding: xchunked", b"\x00", b"\xff",
     b"Connection: close", b"Connection: host, content-length, transfer-encoding", b"Upgrade: x", b"hello",
     b"0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nHost: a\r\n", b"Expect: 100-continue",
     b"Via: ,", b"\x0b"]
)  # fmt: skip
HEADS = st.lists(st.one_of(PIECES, st.binary(max_size=4)), max_size=14).map(b"".join)
HEADERS = st.lists(
    st.sampled_from(
        [b"Content-Length: 5", b"Content-Length: 5, 5", b"Content-Length: 05", b"content-length:6",
         b"Transfer-Encoding: chunked",
         b"TRANSFER-ENCODING:  Chunked ", b"Connection: Content-Length", b"Connection: Transfer-Encoding, Host",
         b"Connection: upgrade", b"Upgrade: x", b"X-Forwarded-For: 1.2.3.4", b"Keep-Alive: 1", b"Expect: 100-continue",
         b"X-Request-Id: aaaaaaaaaaaaaaaaaaaaaaaa", b"Via: 1.0 x", b"X:", b"TE: trailers",
         b"Proxy-Connection: keep-alive"]
    ),
    max_size=6,
)  # fmt: skip


@FEW
@given(HEADS)
def test_any_head_is_a_request_or_a_refusal(head: bytes) -> None:
    try:
        found = parse(head + b"\r\n\r\n", LIMITS)
        framing(found)
    except (BadRequest, Failed):
        return
    assert found.host
    assert not re.search(rb"[\x00-\x20\x7f]", found.target)


@FEW
@given(HEADS)
def test_any_response_head_is_a_response_or_an_h_code(head: bytes) -> None:
    try:
        response.parse(b"HTTP/1.1 200 " + head + b"\r\n\r\n", LIMITS)
    except Failed as failed:
        code = failed.code.name
    else:
        code = ""
    assert code in {"", "H17", "H25"}


@FEW
@given(HEADS, st.integers(1, 7))
def test_a_head_in_pieces_is_the_same_head(head: bytes, size: int) -> None:
    whole = bytearray(head + b"\r\n\r\n")
    expected = whole.find(b"\r\n\r\n") + 4
    scan, buffer, found = scanner(LIMITS), bytearray(), 0
    try:
        for at in range(0, len(whole), size):
            buffer += whole[at : at + size]
            found = scan.end(buffer)
            if found:
                break
    except Malformed:
        assert re.search(rb"(?<!\r)\n", whole)
        return
    assert found == expected


class Told:
    """A request as llhttp understands it."""

    def __init__(self, data: bytes) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.requests = 0
        self.parser = httptools.HttpRequestParser(self)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.upgraded = True

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.requests += 1


@FEW
@given(st.sampled_from([b"GET", b"POST", b"HEAD", b"DELETE"]), HEADERS, st.sampled_from([b"1.1", b"1.0"]))
def test_h11_and_llhttp_agree_on_what_is_forwarded(method: bytes, lines: list[bytes], version: bytes) -> None:
    head = b"\r\n".join([method + b" /path?q HTTP/" + version, b"Host: a", *lines, b"\r\n"])
    try:
        request = parse(head, LIMITS)
        frame = framing(request)
    except (BadRequest, Failed):
        return
    body = b"5\r\nhello\r\n0\r\n\r\n" if frame.chunked else b"hello!!!!!"[: frame.length]
    out = to_dyno(request, frame, ORIGIN, b"id", keep_alive=True) + body
    (seen,) = heard(out)
    told = Told(out)
    plain = b"hello" if frame.chunked else body
    assert (seen.method.encode(), seen.target, seen.body) == (method, "/path?q", plain)
    assert told.requests == 1
    assert (told.url, told.body) == (b"/path?q", b"" if request.upgrade else plain)
    names = [name for name, _ in told.headers]
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
    for name in (b"host", b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id", b"via"):
        assert names.count(name) == 1


def decoded(decoder: Decoder, data: bytes, sizes: list[int]) -> tuple[bytes, bytes, bool, bytes]:
    """Body, trailers, whether it is done, and what is left over."""
    buffer, body, at = bytearray(), b"", 0
    for size in [*sizes, len(data)]:
        if decoder.done:
            break
        buffer += data[at : at + size]
        at += size
        body += decoder.take(buffer)
    return body, decoder.trailers, decoder.done, bytes(buffer) + data[at:]


CHUNKS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=20).map(lambda data: b"%x\r\n%b\r\n" % (len(data), data)),
        st.sampled_from(
            [b"0\r\n", b"\r\n", b"0\r\n\r\n", b"A: b\r\n", b"5\r\nhell", b"zz\r\n", b"\n", b"3;x=y\r\nabc\r\n"]
        ),
    ),
    max_size=6,
).map(b"".join)


@FEW
@given(CHUNKS, st.lists(st.integers(1, 5), max_size=40))
def test_chunks_in_pieces_are_the_same_body(data: bytes, sizes: list[int]) -> None:
    def attempt(cuts: list[int]) -> Any:
        try:
            return decoded(Chunked(), data, cuts)
        except Malformed:
            return "malformed"

    whole, pieces = attempt([]), attempt(sizes)
    # An error may come after a part of the body was handed out, but always comes.
    assert whole == pieces


@pytest.fixture
def hasty(world: World) -> Iterator[RouterThread]:
    """A router that soon gives up on a client, so that many examples take little time."""
    brief = replace(FAST, client_keep_alive=0.05, client_head=0.05, idle=0.05, linger=0.02)
    running = start(world, limits=brief)
    yield running
    running.stop()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"GET", b"POST", b"DELETE"]),
            st.sampled_from(
                [b"", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"Bad\r\n"]
            ),
            st.sampled_from([b"", b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"zz", b"\r\n"]),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 400),
)
def test_nothing_is_forwarded_twice(
    hasty: RouterThread,
    world: World,
    dyno: Callable[..., Dyno],
    requests: list[tuple[bytes, bytes, bytes]],
    cut: int,
) -> None:
    fake = dyno(says(OK))
    world.up(fake)
    raw = b"".join(
        b"%b /n%d HTTP/1.1\r\nHost: app.localhost\r\n%b\r\n%b" % (method, n, header, body)
        for n, (method, header, body) in enumerate(requests)
    )
    with Client(hasty.port) as client:
        client.send(raw[:cut])
        client.send(raw[cut:])
        client.everything()
    for received in fake.heard:
        heard(received)
    targets = re.findall(rb"/n\d", b"".join(bytes(one) for one in fake.heard))
    assert len(targets) == len(set(targets))
