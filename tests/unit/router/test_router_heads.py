"""A head that is made once for all messages alike is the one that each of them would get alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from localku.router.http1 import request as requests
from localku.router.http1 import response as responses
from localku.router.http1.headers import to_client, to_dyno
from localku.router.http1.origin import Origin
from localku.router.http1.request import Request, framing
from localku.router.router_limits import Limits

LIMITS = Limits()
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
REQUESTS = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /b HTTP/1.0\r\nHost: a\r\nVia: 1.0 x\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\n",
    ]
)
RESPONSES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nVia: 1.1 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ]
)
ORIGINS = st.builds(
    Origin,
    st.sampled_from(["127.0.0.1", "10.0.0.7"]),
    st.booleans(),
    st.integers(0, 2).map(lambda seconds: NOON + timedelta(seconds=seconds)),
)


def alone(head: bytes) -> Request:
    requests._remembered.cache_clear()
    return requests.parse(head, LIMITS)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(REQUESTS, ORIGINS, st.booleans(), st.booleans(), st.sampled_from([b"i" * 20, b"j" * 20]))))
def test_to_the_dyno(asked: list[tuple[bytes, Origin, bool, bool, bytes]]) -> None:
    def made(request: Request, origin: Origin, ident: bytes, *, keep_alive: bool, expects: bool) -> bytes:
        return to_dyno(request, framing(request), origin, ident, keep_alive=keep_alive, expects=expects)

    requests._remembered.cache_clear()
    together = [
        made(requests.parse(head, LIMITS), origin, ident, keep_alive=keep_alive, expects=expects)
        for head, origin, keep_alive, expects, ident in asked
    ]
    assert together == [
        made(alone(head), origin, ident, keep_alive=keep_alive, expects=expects)
        for head, origin, keep_alive, expects, ident in asked
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(REQUESTS, RESPONSES, st.booleans(), st.booleans(), st.sampled_from([(), (b"Set-Cookie: a",)])))
)
def test_to_the_client(told: list[tuple[bytes, bytes, bool, bool, tuple[bytes, ...]]]) -> None:
    def made() -> list[bytes]:
        return [
            to_client(
                requests.parse(asked, LIMITS),
                responses.parse(head, LIMITS),
                chunked=chunked,
                keep_alive=keep_alive,
                more=more,
            )
            for asked, head, chunked, keep_alive, more in told
        ]

    def each_alone() -> list[bytes]:
        heads = []
        for one in told:
            responses._remembered.cache_clear()
            asked, head, chunked, keep_alive, more = one
            request, response = requests.parse(asked, LIMITS), responses.parse(head, LIMITS)
            heads.append(to_client(request, response, chunked=chunked, keep_alive=keep_alive, more=more))
        return heads

    responses._remembered.cache_clear()
    assert made() == each_alone()
