"""C14: a request that comes while the web dyno boots is held, for 75 seconds at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import World


def test_a_request_during_a_boot_of_40_seconds_is_answered(world: World) -> None:
    with world.running(WEB=f"sleep {world.seconds(40)}; exec python raw.py", wait=None) as app:
        status, _, body = app.request("/headers?held")
        assert (status, b"/headers?held" in body) == (200, True)
        assert app.router_line("/headers?held")["status"] == "200"
        assert not [line for line in app.new_lines("web.1") if "Error R10" in line]


def test_a_request_that_waits_longer_than_75_seconds_is_h20(world: World) -> None:
    with world.running(WEB="sleep 1000", wait=None) as app:
        status, _, _ = app.request("/late")
        assert status == 503
        line = app.router_line("/late")
        assert (line["at"], line["code"], line["desc"]) == ("error", "H20", "App boot timeout")
        assert (line["dyno"], line["connect"], line["service"], line["bytes"]) == ("", "", "", "")
