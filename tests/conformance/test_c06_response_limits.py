"""C6: what a response may not have is H25 and a 502, with the limit's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from world import Running


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/cookie", "oversized cookie"),
        ("/header", "oversized header"),
        ("/status", "oversized status line"),
        ("/lengths", "invalid content length"),
    ],
)
def test_h25(raw: Running, path: str, what: str) -> None:
    assert raw.request(path)[0] == 502
    line = raw.router_line(path)
    assert (line["code"], line["desc"]) == ("H25", f"HTTP restriction: {what}")
    assert (line["at"], line["status"]) == ("error", "502")
