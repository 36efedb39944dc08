"""C1: a web process that listens on 127.0.0.1 has not bound $PORT."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import World

LOOPBACK = "exec python -m http.server $PORT --bind 127.0.0.1"
R10 = "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 60 seconds of launch"


def test_a_web_process_on_the_loopback_is_r10(world: World) -> None:
    with world.running(WEB=LOOPBACK, wait=None) as app:
        app.wait_logged("State changed from crashed to starting")
        lines = [line for line in app.new_lines("web.1") if line.startswith("heroku[web.1]")]
        began = lines.index('heroku[web.1]: Starting process with command `eval "$WEB"`')
        assert lines[began + 1 : began + 6] == [
            f"heroku[web.1]: {R10}",
            "heroku[web.1]: Stopping process with SIGKILL",
            "heroku[web.1]: Process exited with status 137",
            "heroku[web.1]: State changed from starting to crashed",
            "heroku[web.1]: State changed from crashed to starting",
        ]
