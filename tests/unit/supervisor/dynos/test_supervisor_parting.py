"""What becomes of the look back at dynos that go."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from localku.platform.dynos.filesystem import FAREWELL

if TYPE_CHECKING:
    from supervisor_kit import Stage

WROTE = b"f 5 1717586000.5 1717586000.5\0/app/note.txt\0\0" + b"\0=\x000\0\0"


def farewells(stage: Stage) -> list[str]:
    return [str(one.data) for one in stage.context.store.observations.of(stage.app) if one.kind == FAREWELL]


def test_fresh_dynos_boot_before_anybody_looks_back(stage: Stage) -> None:
    """Understanding what a dyno wrote reads the whole slug, and the fresh dyno needs the processor."""
    stage.up().walk = WROTE
    stage.deploy()
    stage.rounds()
    time.sleep(0.05)
    assert stage.record().state == "starting"
    assert farewells(stage) == []
    stage.container("web.1").listening = True
    stage.rounds()
    stage.supervisor._parting.wait()
    assert farewells(stage) == ["web.1 wrote 1 file (5 B) that a restart will discard: note.txt"]


def test_looks_back_at_one_dyno_are_kept_in_their_order(stage: Stage) -> None:
    for number in (1, 2):
        found = stage.container("web.1") if number == 2 else stage.up()
        found.walk = WROTE.replace(b"f 5", b"f %d" % number)
        stage.deploy()
        stage.rounds()
    stage.supervisor._parting.wait()
    (said,) = farewells(stage)
    assert "1 file (2 B)" in said
