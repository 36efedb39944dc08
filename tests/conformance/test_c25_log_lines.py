"""C25: long lines are split after 10,000 bytes, and the last 1,500 lines are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from support.localku import wait_for

if TYPE_CHECKING:
    from world import Running, World

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00 (app|heroku|localku)\[([\w.-]+)\]: (.*)")


def long_lines(app: Running) -> list[str]:
    return [line.removeprefix("app[web.1]: ") for line in app.new_lines("web.1") if "xxx" in line]


def test_a_long_line_is_split_and_1500_lines_outlive_the_dyno(world: World) -> None:
    with world.running(WEB="python talk.py 0 2000; python talk.py 25000 0; exec gunicorn echo:app") as app:
        app.wait_logged("State changed from starting to up")
        wait_for(lambda: sum(map(len, long_lines(app))) >= 25_000, world.patience)
        printed = long_lines(app)
    assert [len(line) for line in printed] == [10_000, 10_000, 5_000]
    assert set("".join(printed)) == {"x"}
    for asked in ("1500", "9999"):
        found = [LINE.fullmatch(line) for line in world.ok("logs", "-n", asked).splitlines()]
        assert len(found) == 1500
        numbers = [int(line[3].split()[1]) for line in found if line and line[3].startswith("line ")]
        assert numbers == list(range(2000 - len(numbers), 2000))
        assert None not in found
    assert len(world.ok("logs").splitlines()) == 100
    only = world.ok("logs", "--ps", "web", "--source", "app", "-n", "3").splitlines()
    assert all("app[web.1]: " in line for line in only)
    assert len(only) == 3
