"""The supervisor measures its dynos."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from localku.engine.usage import MemoryUse

if TYPE_CHECKING:
    from supervisor_kit import Stage

R14 = ["heroku[web.1]: Process running mem=600M(117.2%)", "heroku[web.1]: Error R14 (Memory quota exceeded)"]


def measured(stage: Stage, after: float) -> list[str]:
    stage.round(after)
    for thread in threading.enumerate():
        if thread.name.startswith("gauge-"):
            thread.join()
    return stage.new_lines("web.1")


def test_a_dyno_beyond_its_memory_is_told_every_twenty_seconds(stage: Stage) -> None:
    web = stage.up()
    web.memory = MemoryUse(600 << 20, 0, 0, 0, 0, 0)
    measured(stage, 1)
    assert measured(stage, 18) == []
    assert measured(stage, 2) == R14
    assert measured(stage, 10) == []
    assert measured(stage, 10) == R14


def test_twice_its_memory_ends_it_as_a_crash_and_the_next_one_is_measured_anew(stage: Stage) -> None:
    web = stage.up()
    web.memory = MemoryUse(1038 << 20, 0, 0, 0, 0, 0)
    stage.new_lines()
    said = [*measured(stage, 21), *measured(stage, 0)]
    assert said[:5] == [
        "heroku[web.1]: Process running mem=1038M(202.7%)",
        "heroku[web.1]: Error R15 (Memory quota vastly exceeded)",
        "heroku[web.1]: Stopping process with SIGKILL",
        "heroku[web.1]: Process exited with status 137",
        "heroku[web.1]: State changed from up to crashed",
    ]
    following = stage.up()
    assert following is not web
    assert not any("mem=" in line for line in measured(stage, 21))
