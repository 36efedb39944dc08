"""C28: the exit status of a one-off dyno's command, with `-x` and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from world import World

MARK = "\uffff heroku-command-exit-status: "


@pytest.mark.parametrize(("command", "status"), [("false", 1), ("exit 3", 3), ("true", 0)])
def test_the_status_is_passed_on(world: World, command: str, status: int) -> None:
    assert world.run("run", "-x", command).status == status


def test_without_the_option_too_which_is_more_than_herokus_cli_does(world: World) -> None:
    assert world.run("run", "false").status == 1


def test_the_mark_of_herokus_cli_arrives_as_it_reads_it(world: World) -> None:
    assert world.run("run", f'false ; echo "{MARK}$?"').out == f"{MARK}1\n"
