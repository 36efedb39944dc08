"""Requests that no dyno may see: limits, ambiguity, smuggling."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from router_kit import OK, Client, Dyno, World, heard, request, says

MakeDyno = Callable[..., Dyno]
HOST = b"Host: app.localhost\r\n"


@pytest.fixture
def echo(world: World, dyno: MakeDyno) -> Dyno:
    made = dyno(says(OK))
    world.up(made)
    return made


UNPARSABLE = {
    "request line": b"GET /" + b"a" * 8190 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "endless request line": b"GET /" + b"a" * 9000,
    "header line": b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 8190 + b"\r\n\r\n",
    "endless header line": b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 9000,
    "header name": b"GET / HTTP/1.1\r\n" + HOST + b"A" * 1001 + b": b\r\n\r\n",
    "header count": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 1000 + b"\r\n",
    "endless headers": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 1100,
    "method": b"G" * 128 + b" / HTTP/1.1\r\n" + HOST + b"\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    "space at the end": b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n",
    "tab": b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "two different hosts": b"GET / HTTP/1.1\r\n" + HOST + b"Host: b.localhost\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "no host in 1.0": b"GET / HTTP/1.0\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "lower-case version": b"GET / http/1.1\r\n" + HOST + b"\r\n",
    "bare LF": b"GET / HTTP/1.1\nHost: app.localhost\n\n",
    "bare LF in a header": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\nC: d\r\n\r\n",
    "bare CR in a header": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\rC: d\r\n\r\n",
    "NUL": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\x00\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n",
    "folded first header": b"GET / HTTP/1.1\r\n " + HOST + b"\r\n",
    "space before colon": b"GET / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding : chunked\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\n" + HOST + b"Nonsense\r\n\r\n",
    "empty name": b"GET / HTTP/1.1\r\n" + HOST + b": b\r\n\r\n",
    "relative target": b"GET x HTTP/1.1\r\n" + HOST + b"\r\n",
    "star": b"GET * HTTP/1.1\r\n" + HOST + b"\r\n",
    "user in target": b"GET http://u@app.localhost/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "not HTTP": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
}


@pytest.mark.parametrize("data", UNPARSABLE.values(), ids=UNPARSABLE.keys())
def test_unparsable_is_400_and_in_no_log(world: World, client: Client, echo: Dyno, data: bytes) -> None:
    client.send(data)
    reply = client.reply()
    assert reply.status == 400
    assert reply.header("connection") == "close"
    assert b"<title>Bad request</title>" in reply.body
    assert client.everything() == b""
    assert (world.lines, echo.heard) == ([], [])


AMBIGUOUS = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "length list": b"Content-Length: 5, 6\r\n",
    "signed length": b"Content-Length: +5\r\n",
    "hexadecimal length": b"Content-Length: 0x5\r\n",
    "huge length": b"Content-Length: " + b"9" * 30 + b"\r\n",
    "empty length": b"Content-Length:\r\n",
    "unknown coding": b"Transfer-Encoding: xchunked\r\n",
    "two codings": b"Transfer-Encoding: gzip, chunked\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "identity": b"Transfer-Encoding: identity\r\n",
    "empty coding": b"Transfer-Encoding:\r\n",
}


@pytest.mark.parametrize("headers", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_unclear_framing_is_h26(world: World, client: Client, echo: Dyno, headers: bytes) -> None:
    client.send(b"POST / HTTP/1.1\r\n" + HOST + headers + b"\r\nhello")
    assert client.reply("POST").status == 400
    assert 'cause="bad header"' in world.wait_line()
    assert echo.heard == []
    assert client.everything() == b"", "nothing after it is read as a request"


def test_chunked_in_http_1_0_is_refused(world: World, client: Client, echo: Dyno) -> None:
    client.send(b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert client.reply("POST").status == 400
    assert echo.heard == []


def test_equal_lengths_are_merged(client: Client, echo: Dyno) -> None:
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nContent-Length: 2, 2\r\n\r\nhi")
    assert client.reply("POST").status == 200
    (seen,) = heard(echo.heard[0])
    assert (seen.header("content-length"), seen.body) == ("2", b"hi")


def test_chunked_wins_over_length_and_the_connection_ends(client: Client, echo: Dyno) -> None:
    client.send(
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nhi\r\n0\r\n\r\n" + request("/smuggled")
    )
    assert client.reply("POST").header("connection") == "close"
    assert client.everything() == b""
    (seen,) = heard(echo.heard[0])
    assert (seen.header("content-length"), seen.header("transfer-encoding")) == (None, "chunked")
    assert seen.body == b"hi"


@pytest.mark.parametrize(
    "body",
    [b"2\nhi\r\n0\r\n\r\n", b"2\r\nhi\n0\r\n\r\n", b"2\r\nhiX\r\n", b"-2\r\n", b"0x2\r\n", b" 2\r\n", b"2 2\r\n",
     b"\r\n", b"f" * 16 + b"\r\n", b"2;a=\x00\r\n", b"1" * 9000, b"0\r\nnonsense\r\n\r\n", b"0\r\n folded: 1\r\n\r\n"],
)  # fmt: skip
def test_bad_chunks(world: World, client: Client, echo: Dyno, body: bytes) -> None:
    client.send(request("/", "Transfer-Encoding: chunked", method="POST") + body)
    client.everything()
    line = world.wait_line()
    # The fake dyno answers at the end of the head, so the answer may be there first.
    assert 'cause="bad chunk"' in line or "at=info" in line
    assert all(len(heard(raw)) <= 1 for raw in echo.heard)


def test_chunk_extensions_and_framing_trailers_are_dropped(client: Client, echo: Dyno) -> None:
    client.send(
        request("/", "Transfer-Encoding: chunked", method="POST")
        + b"2;evil=yes\r\nhi\r\n0;x\r\nX-Sum: 5\r\nContent-Length: 99\r\n\r\n"
    )
    assert client.reply("POST").status == 200
    assert b"evil" not in echo.heard[0]
    assert echo.heard[0].endswith(b"2\r\nhi\r\n0\r\nX-Sum: 5\r\n\r\n")


def test_the_largest_request_that_is_allowed(client: Client, echo: Dyno) -> None:
    line = b"GET /" + b"a" * (8192 - len("GET / HTTP/1.1")) + b" HTTP/1.1\r\n"
    long = b"L: " + b"b" * (8192 - 3) + b"\r\n"
    name = b"N" * 1000 + b": x\r\n"
    client.send(line + HOST + long + name + b"A: b\r\n" * 997 + b"\r\n")
    assert client.reply().status == 200
    assert long in echo.heard[0]


def test_empty_lines_before_a_request(client: Client, echo: Dyno) -> None:
    client.send(b"\r\n\r\n" + request())
    assert client.reply().status == 200


def test_a_head_that_never_ends(world: World, hurried: Client) -> None:
    hurried.send(b"GET / HTTP/1.1\r\nHost: app.loc")
    assert hurried.reply().status == 408
    assert world.lines == []
