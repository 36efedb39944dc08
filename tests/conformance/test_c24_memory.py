"""C24: beyond its memory a dyno gets R14, at twice of it R15 and SIGKILL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from support.localku import wait_for

if TYPE_CHECKING:
    from world import Running, World

R15 = [
    "Process running mem=1024M(200.0%)",
    "Error R15 (Memory quota vastly exceeded)",
    "Stopping process with SIGKILL",
    "Process exited with status 137",
]


def all_eaten(app: Running) -> re.Match[str] | None:
    """The line about so much memory as the process takes at first; those before and after may have come half-way."""
    found = re.finditer(r"Process running mem=(\d+)M\((\d+\.\d)%\)", "\n".join(app.new_lines("web.1")))
    return next((one for one in found if 600 < int(one[1]) < 750), None)


def test_r14_while_it_goes_on_and_r15_when_one_of_its_processes_was_too_much(world: World) -> None:
    with world.running(WEB="python eat.py 600 & gunicorn echo:app") as app:
        app.wait_logged("Error R14 (Memory quota exceeded)")
        assert app.request()[0] == 200
        wait_for(lambda: all_eaten(app), world.patience)
        app.in_dyno("touch /tmp/more")
        app.wait_logged("State changed from up to crashed")
        said = [line.partition(": ")[2] for line in app.new_lines("web.1") if line.startswith("heroku")]
        match = all_eaten(app)
    end = said.index(R15[1])
    assert match is not None
    assert abs(float(match[2]) - int(match[1]) / 512 * 100) < 0.2
    assert said[said.index(match[0]) + 1] == "Error R14 (Memory quota exceeded)"
    assert said[end - 1 : end + 4] == [*R15, "State changed from up to crashed"]


def test_one_off_dynos_too(world: World) -> None:
    done = world.run("run", "touch /tmp/more; python eat.py 100", LOCALKU_CLOCK_SCALE=str(world.scale))
    assert done.status == 137
    said = [line.partition(": ")[2] for line in world.log_lines() if " heroku[run." in line]
    assert said[-5:] == [*R15, "State changed from up to complete"]
