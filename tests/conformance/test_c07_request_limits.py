"""C7: what a request may not have is a 400, an unknown expectation a 417."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from world import Running


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (417, ["Expect: foo"]),
        (400, ["X-Long: " + "x" * (8193 - len("X-Long: "))]),
        (400, [f"X-{number}: 1" for number in range(999)]),  # and two above them
        (400, ["Host: another.localhost"]),
        (400, ["Content-Length: 15,24"]),
    ],
    ids=["expect", "header of 8193 bytes", "1001 headers", "two hosts", "two lengths"],
)
def test_refused(raw: Running, status: int, headers: list[str]) -> None:
    path = "/headers?refused"
    head = "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {raw.host}", "Connection: close", *headers, "\r\n"])
    assert raw.raw(head.encode()).startswith(b"HTTP/1.1 %d " % status)


def test_just_within_the_limits(raw: Running) -> None:
    longest = "X-Long: " + "x" * (8192 - len("X-Long: "))
    many = [f"X-{number}: 1" for number in range(997)]
    head = "\r\n".join(["GET /headers HTTP/1.1", f"Host: {raw.host}", "Connection: close", longest, *many, "\r\n"])
    assert raw.raw(head.encode()).startswith(b"HTTP/1.1 200 OK\r\n")
