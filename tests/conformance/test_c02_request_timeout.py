"""C2: no byte within 30 seconds is H12; the dyno goes on working."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import Running, World


def test_h12_and_the_dyno_finishes_its_work(raw: Running, world: World) -> None:
    path = f"/sleep?{world.seconds(50):.2f}"
    status, _, page = raw.request(path)
    assert status == 503
    assert b"Application error" in page
    line = raw.router_line(path)
    assert (line["at"], line["code"], line["desc"], line["bytes"]) == ("error", "H12", "Request timeout", "0")
    assert 30_000 <= int(line["service"].removesuffix("ms")) < 50_000
    raw.wait_logged(f"slept {path.partition('?')[2]}")
