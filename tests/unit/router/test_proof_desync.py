"""Dynos that say more than they announced: nobody's next answer, and no trailer passes for a header."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from proof_kit import Judge
from router_kit import OK, Client, Dyno, Reader, World, Writer, request

from localku.router.router_server import RouterThread

MakeDyno = Callable[..., Dyno]
STRAY = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen"
LENGTH = b"Content-Length: %d\r\n\r\n" % len(STRAY)
SAYS_TOO_MUCH = {
    "body of a 204": ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
    "announced body of a 204": ("GET", b"HTTP/1.1 204 No Content\r\n" + LENGTH),
    "chunked 204": ("GET", b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "body of a 304": ("GET", b"HTTP/1.1 304 Not Modified\r\n" + LENGTH),
    "body of a HEAD": ("HEAD", b"HTTP/1.1 200 OK\r\n" + LENGTH),
    "after the length": ("GET", OK),
    "after no length": ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "after the last chunk": ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
    "after chunks with a length": (
        "GET",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
}


class Chatterer:
    """Says `first` to /case, then a whole response nobody asked for: at once, or when told to."""

    def __init__(self, first: bytes, *, at_once: bool) -> None:
        self.first = first
        self.at_once = at_once
        self.now = asyncio.Event()

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if b" /case " not in head:
                writer.write(OK)
            elif self.at_once:
                writer.write(self.first + STRAY)
            else:
                writer.write(self.first)
                await self.now.wait()
                writer.write(STRAY)


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "later"])
@pytest.mark.parametrize(("method", "first"), SAYS_TOO_MUCH.values(), ids=SAYS_TOO_MUCH.keys())
def test_what_a_dyno_says_too_much_answers_nobody(
    world: World, router: RouterThread, dyno: MakeDyno, method: str, first: bytes, at_once: bool
) -> None:
    chatterer = Chatterer(first, at_once=at_once)
    fake = dyno(chatterer)
    world.up(fake)
    with Client(router.port) as client:
        assert b"stolen" not in client.get("/case", method=method).body
        fake.call(chatterer.now.set)
        time.sleep(0 if at_once else 0.05)
        for _ in range(3):
            assert client.get("/own").body == b"ok"
        with Client(router.port) as other:
            assert other.get("/other").body == b"ok"


@pytest.mark.parametrize("announced", [b"Content-Length: 46", b"Transfer-Encoding: chunked"])
def test_a_204_that_announces_a_body_ends_the_connection_to_the_dyno(
    world: World, client: Client, dyno: MakeDyno, announced: bytes
) -> None:
    fake = dyno(Chatterer(b"HTTP/1.1 204 No Content\r\n" + announced + b"\r\n\r\n", at_once=False))
    world.up(fake)
    reply = client.get("/case")
    assert (reply.status, reply.header("content-length"), reply.header("transfer-encoding")) == (204, None, None)
    assert client.get("/own").body == b"ok"
    assert len(fake.heard) == 2


FORGED = [
    "Connection: upgrade", "Content-Length: 50", "Host: evil", "Transfer-Encoding: x", "Via: 1.0 evil",
    "X-Forwarded-For: 6.6.6.6", "x-forwarded-proto: https", "X-Forwarded-Port: 443",
    "X-Request-Id: aaaaaaaaaaaaaaaaaaaaaaaa", "X-Request-Start: 1",
]  # fmt: skip


def test_trailers_cannot_forge_the_router_s_headers(world: World, client: Client, dyno: MakeDyno) -> None:
    judge = Judge()
    world.up(dyno(judge))
    trailers = "".join(f"{one}\r\n" for one in [*FORGED, "X-Sum: 5"])
    client.send(request("/", "Transfer-Encoding: chunked", method="POST") + b"0\r\n" + trailers.encode() + b"\r\n")
    assert client.reply("POST").status == 200
    assert judge.requests[0].trailers == [("x-sum", "5")]
