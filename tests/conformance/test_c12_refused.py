"""C12: a dyno that refuses connections is H21, and left alone for five seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import World


def test_h21_and_quarantine(world: World) -> None:
    with world.running(WEB="python raw.py") as app:
        assert app.request("/deaf")[0] == 200
        began = time.monotonic()
        assert app.request("/first")[0] == 503
        assert app.request("/second")[0] == 503
        assert time.monotonic() - began >= world.seconds(4.9)
        line = app.wait_logged('path="/first"')
        assert 'heroku[router]: at=error code=H21 desc="Backend connection refused" method=GET' in line
        assert " dyno=web.1 connect=" in line
        assert " service= status=503 bytes= protocol=http" in line
        assert app.router_line("/second")["code"] == "H21"
