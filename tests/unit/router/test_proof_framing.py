"""h11 as the oracle of framing: what it says a message is, is what goes through the router.

Differences are only those that Heroku's rules ask for (hop-by-hop headers, the router's own headers).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proof_kit import Court, Message, Pairs, asked, court, pairs, replies, response, send_pieces
from proof_messages import CUTS, Said, requests, responses
from router_kit import STEADY, Client, Dyno, Loop, Reader, World, Writer, request, start

from localku.router.router_server import RouterThread

FEW = settings(max_examples=120, deadline=None, derandomize=True)
HOP_BY_HOP = {"connection", "te", "keep-alive", "proxy-authorization", "proxy-connection", "transfer-encoding"}
TO_DYNO = {"content-length", "via", "expect", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-port",
           "x-request-start", "x-request-id"}  # fmt: skip
TO_CLIENT = {"content-length", "via", "server"}
FRAMING = {"content-length", "transfer-encoding"}
NOT_IN_TRAILERS = {"content-length", "transfer-encoding", "host", "connection", "trailer"}


def judged_requests(raw: bytes) -> list[Message]:
    """The requests that h11 finds on a connection, up to the one that ends it."""
    found: list[Message] = []
    server = h11.Connection(h11.SERVER)
    server.receive_data(raw.lstrip(b"\r\n"))
    while True:
        event = server.next_event()
        if isinstance(event, h11.Request):
            options = " ".join(value.decode().lower() for name, value in event.headers if name == b"connection")
            lasts = "close" not in options if event.http_version == b"1.1" else "keep-alive" in options
            found.append(Message(f"{event.method.decode()} {event.target.decode()}", pairs(event.headers)))
        elif isinstance(event, h11.Data):
            found[-1].body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            found[-1].trailers = pairs(event.headers)
            names = [name for name, _ in found[-1].headers]
            if not lasts or set(names) >= FRAMING:
                return found
            left = server.trailing_data[0].lstrip(b"\r\n")
            server = h11.Connection(h11.SERVER)
            if not left:
                return found
            server.receive_data(left)
        else:
            raise AssertionError(event)  # noqa: TRY004


def end_to_end(headers: Pairs, replaced: set[str]) -> Pairs:
    """The headers that Heroku's router leaves alone."""
    options = {item.strip().lower() for name, value in headers if name == "connection" for item in value.split(",")}
    return sorted(
        (name, value) for name, value in headers if name not in HOP_BY_HOP | replaced | (options - {"upgrade"})
    )


def essence(message: Message, replaced: set[str]) -> tuple[str, bytes, Pairs, Pairs]:
    trailers = [(name, value) for name, value in message.trailers if name not in NOT_IN_TRAILERS]
    return message.first, message.body, end_to_end(message.headers, replaced), trailers


@pytest.fixture(scope="module")
def here() -> Iterator[Court]:
    with court(STEADY) as made:
        yield made


@FEW
@given(sent=st.lists(requests(), min_size=1, max_size=4), cuts=CUTS)
def test_the_dyno_gets_the_requests_that_h11_reads(here: Court, sent: list[tuple[str, bytes]], cuts: list[int]) -> None:
    raw = b"".join(one for _, one in sent)
    expected = judged_requests(raw)
    known = len(here.judge.requests)
    with Client(here.router.port) as client:
        send_pieces(client.socket, raw, cuts)
        methods = [one.first.split()[0] for one in expected]
        answers = replies(client.socket, methods)
    assert here.judge.broken == []
    received = here.judge.requests[known:]
    assert [essence(one, TO_DYNO) for one in received] == [essence(one, TO_DYNO) for one in expected]
    bodies = [b"" if one.first.startswith("HEAD") else one.first.encode() for one in expected]
    assert [(one.first, one.body) for one in answers] == [("200", body) for body in bodies]


class Parrot:
    def __init__(self) -> None:
        self.next = Said()

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            said = self.next if b" /case " in head else Said()
            at = 0
            for cut in [*said.cuts, len(said.raw)]:
                writer.write(said.raw[at:cut])
                at = max(at, cut)
                await asyncio.sleep(0)
            if said.closes:
                return


@pytest.fixture(scope="module")
def birds() -> Iterator[tuple[Parrot, RouterThread]]:
    loop, world, parrot = Loop(), World(), Parrot()
    dyno = Dyno(loop, parrot)
    world.up(dyno)
    router = start(world)
    yield parrot, router
    router.stop()
    dyno.stop()
    loop.stop()


@FEW
@given(said=responses(), minor=st.sampled_from([1, 1, 0]))
def test_the_client_gets_the_response_that_h11_reads(
    birds: tuple[Parrot, RouterThread], said: Said, minor: int
) -> None:
    parrot, router = birds
    parrot.next = said
    judge = asked(said.method)
    judge.receive_data(said.raw)
    expected = response(judge, lambda: b"")
    case = f"{said.method} /case HTTP/1.{minor}\r\nHost: app.localhost\r\nConnection: keep-alive\r\n\r\n"
    with Client(router.port) as client:
        client.send(case.encode() + request("/marker"))
        got, *marker = replies(client.socket, [said.method, "GET"], until="ok")
    expected.trailers = expected.trailers if minor else []
    assert essence(got, TO_CLIENT) == essence(expected, TO_CLIENT)
    assert got.reason == expected.reason
    assert [status for status, _ in got.interim] == [
        status for status, _ in expected.interim if status != 100 and minor
    ]
    assert all(FRAMING.isdisjoint(name for name, _ in headers) for _, headers in got.interim)
    assert [one.body for one in marker] == ([] if ("connection", "close") in got.headers else [b"ok"])
    with Client(router.port) as other:
        assert other.get("/marker").body == b"ok", "another client's answer on the pooled connection"
