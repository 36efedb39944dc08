"""C5: a status line without a reason phrase is H17."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import Running


def test_h17(raw: Running) -> None:
    assert raw.request("/no-reason")[0] == 503
    line = raw.router_line("/no-reason")
    assert (line["at"], line["code"], line["desc"]) == ("error", "H17", "Poorly formatted HTTP response")
