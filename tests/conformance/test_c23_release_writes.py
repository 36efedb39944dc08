"""C23: what the release phase writes, no other dyno sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from support.tiny import FILES

if TYPE_CHECKING:
    from world import World

PROCFILE = "release: touch /app/marker && ls /app/marker\nweb: ls -a; ./serve\n"


def test_web_does_not_find_the_file(make_world: Callable[[str, dict[str, str]], World]) -> None:
    world = make_world("c23", {**FILES, "Procfile": PROCFILE})
    lines = [line.partition(" ")[2] for line in world.log_lines()]
    name = next(line for line in lines if ": /app/marker" in line).partition("[")[2].partition("]")[0]
    assert name.startswith("release.")
    said = [line for line in lines if f"[{name}]" in line]
    assert said == [
        f"heroku[{name}]: Starting process with command `touch /app/marker && ls /app/marker`",
        f"heroku[{name}]: State changed from starting to up",
        f"app[{name}]: /app/marker",
        f"heroku[{name}]: Process exited with status 0",
        f"heroku[{name}]: State changed from up to complete",
    ]
    with world.running() as app:
        app.wait_logged("app[web.1]: serve")
        listed = app.new_lines("web.1")
    assert "app[web.1]: marker" not in listed
