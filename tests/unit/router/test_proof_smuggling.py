"""A corpus of known request smuggling: what the dyno received, and h11 in the dyno, are the judges.

Behind each attack the client sends a marker on the same connection, and another client a request that
travels on the pooled connection to the dyno: each answer must be the request's own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from proof_kit import Court, court, replies
from router_kit import Client, request
from smuggling_corpus import ANSWERED, REFUSED

MARKER = request("/marker")


@pytest.fixture(scope="module")
def here() -> Iterator[Court]:
    with court() as made:
        yield made


def attack(here: Court, raw: bytes) -> tuple[list[tuple[str, bytes]], list[tuple[str, bytes]]]:
    """What the client was answered, and the requests (first line, body) that the dyno has seen of it."""
    known = len(here.judge.requests)
    with Client(here.router.port) as client:
        client.send(raw)
        client.send(MARKER)
        method = raw.split(b" ", 1)[0].decode("latin-1")
        answers = replies(client.socket, ["HEAD" if method == "HEAD" else "POST"] + ["GET"] * 4, until="GET /marker")
    with Client(here.router.port) as other:
        assert other.get("/pooled").body == b"GET /pooled", "another client's answer on the pooled connection"
    assert here.judge.broken == [], "the dyno's server could not read what it was sent"
    *seen, pooled = here.judge.requests[known:]
    assert pooled.first == "GET /pooled"
    return [(one.first, one.body) for one in answers], [(one.first, one.body) for one in seen]


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_refused_and_nothing_after_it_is_a_request(here: Court, raw: bytes) -> None:
    answers, seen = attack(here, raw)
    assert seen == []
    assert [status for status, _ in answers] in (["400"], ["405"], ["417"])


@pytest.mark.parametrize(("raw", "expected"), ANSWERED.values(), ids=ANSWERED.keys())
def test_answered_as_the_one_request_it_is(here: Court, raw: bytes, expected: tuple[str, bytes]) -> None:
    answers, seen = attack(here, raw)
    first = expected[0]
    own = ("200", b"" if first.startswith("HEAD") else first.encode())
    assert seen in ([expected], [expected, ("GET /marker", b"")])
    assert answers == [own, ("200", b"GET /marker")][: len(seen)]
