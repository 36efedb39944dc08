"""Header lines that are taken apart once say to every message what they would say to it alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localku.router.http1 import http_lines
from localku.router.http1.http_lines import Fields, Malformed, Sizes, split

SIZES = Sizes(8192, 8192, 1000)
LINES = st.lists(
    st.sampled_from(
        [b"Host: a", b"HOST: b", b"Connection: close, x-a", b"connection: Upgrade", b"X-A: 1", b"x-a:2", b"Via: 1.1 x"]
    ),
    max_size=5,
)
REPLACED = st.frozensets(st.sampled_from([b"host", b"via", b"connection"]))


def gone(lines: list[bytes], replaced: frozenset[bytes]) -> bytes:
    """What goes on, read line by line."""
    told = [line.partition(b":") for line in lines]
    options = [value for name, _, value in told if name.lower() == b"connection"]
    listed = {one.strip().lower() for value in options for one in value.split(b",")}
    out = replaced | (listed - {b"upgrade"})
    return b"".join(b"%b: %b\r\n" % (name, value.strip()) for name, _, value in told if name.lower() not in out)


@settings(max_examples=200, deadline=None)
@given(LINES, st.lists(REPLACED, min_size=1, max_size=3))
def test_whatever_was_asked_before(lines: list[bytes], replaced: list[frozenset[bytes]]) -> None:
    head = b"GET / HTTP/1.1\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    for each in replaced:
        first, found = split(head, SIZES)
        assert first == b"GET / HTTP/1.1"
        assert found.without(each) == gone(lines, each)
        alone = Fields(head[16:-2])
        assert (found.values, found.options, found.codings, found.lengths, found.longest_name) == (
            *(alone.values, alone.options, alone.codings, alone.lengths, alone.longest_name),
        )


def test_what_is_large_is_not_kept() -> None:
    small, large = (b"X / HTTP/1.1\r\nA: %b\r\n\r\n" % (b"a" * size) for size in (10, http_lines._SMALL))
    assert split(small, SIZES)[1] is split(small, SIZES)[1]
    assert split(large, SIZES)[1] is not split(large, SIZES)[1]


def test_what_is_refused_is_refused_again() -> None:
    for _ in range(2):
        with pytest.raises(Malformed, match="header line"):
            split(b"GET / HTTP/1.1\r\nA : 1\r\n\r\n", SIZES)
