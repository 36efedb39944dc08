"""C19: a Procfile's command is a line for bash, with all that bash can do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import World


def test_and_quotes_pipes_redirections_and_port(world: World) -> None:
    shouted, port = world.ok("run", "quoted").splitlines()
    assert shouted == "TWO  SPACES AND $PORT"
    assert re.fullmatch(r"port \d+", port)


def test_a_type_takes_arguments(world: World) -> None:
    assert world.ok("run", "quoted /etc/hostname").count("\n") == 3
