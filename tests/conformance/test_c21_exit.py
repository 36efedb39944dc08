"""C21: a web process that exits with 0 has crashed: it is restarted at once, and later each time after that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import World

CRASH = [
    'heroku[web.1]: Starting process with command `eval "$WEB"`',
    "heroku[web.1]: Process exited with status 0",
    "heroku[web.1]: State changed from starting to crashed",
]


def test_exit_0_is_a_crash_with_one_restart_at_once_and_then_pauses(world: World) -> None:
    with world.running(WEB="exit 0", wait="crashed") as app:
        app.wait_logged("next attempt in 20 s (crashed 3 times)")
        lines = [line for line in app.new_lines("web.1") if not re.match(r"app\[|localku\[doctor", line)]
        again = "heroku[web.1]: State changed from crashed to starting"
        assert lines[: lines.index("localku[web.1]: next attempt in 20 s (crashed 3 times)")] == [
            *CRASH,
            again,
            *CRASH,
            "localku[web.1]: next attempt in 10 s (crashed 2 times)",
            again,
            *CRASH,
        ]
        assert app.request("/crashed")[0] == 503
        assert app.router_line("/crashed")["code"] == "H10"
