"""C18: config vars, then .profile.d in order, then .profile, then the command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import World


def test_each_sees_what_came_before(world: World) -> None:
    first, second, third, command = world.ok("run", "-e", "TRACE=on", "echo command $TRACE").splitlines()
    assert re.fullmatch(r"1\.sh on in /app at port \d+", first)
    assert (second, third, command) == ("a.sh on", ".profile on", "command overridden")


def test_a_config_var_counts_in_all_of_them(world: World) -> None:
    with world.running(WEB="gunicorn echo:app", TRACE="config") as app:
        app.wait_logged("app[web.1]: .profile ")
        said = [line for line in app.new_lines("web.1") if re.search(r"1\.sh|a\.sh|\.profile", line)]
    assert [line.partition(": ")[2].split(" ")[0] for line in said] == ["1.sh", "a.sh", ".profile"]
    assert all("config" in line for line in said)
