import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localku.cli.aliases import ALIASES
from localku.cli.commands.data import not_now
from localku.cli.commands_by_topic import COMMANDS
from localku.records import App

Command = Callable[..., Any]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("pg:upgrade:run", "DATABASE", "--version", "17"), "A database keeps its version here"),
        (("pg:unfollow", "RED"), "There are no followers here"),
        (("pg:connection-pooling:attach", "-a", "one"), "There is no connection pooling here"),
        (("pg:links:create", "RED", "BLUE", "--as", "x"), "There are no links between databases here"),
        (("pg:settings:log-statement", "all"), "The settings of a server cannot be changed here"),
        (("pg:credentials:create", "--name", "x"), "A database has one credential here"),
        (("pg:stats_reset",), "The statistics of a server are not reset here"),
        (("pg:maintenance:window", "--help"), "A database has no maintenance here"),
        (("redis:cli",), "There is no Key-Value Store here yet."),
        (("data:pg:info",), "There are no Advanced-tier databases here"),
    ],
)
def test_each_says_so_in_one_sentence(localku: Command, app: App, command: tuple[str, ...], said: str) -> None:
    done = localku(*command)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f" !     {said}")
    assert len(done.err.splitlines()) == 1


def test_what_is_there_is_not_among_them() -> None:
    taken = [name for name in (*COMMANDS, *ALIASES) if not_now.sentence(name)]
    assert taken == ["pg:credentials", "pg:credentials:rotate", "pg:credentials:url"]


def test_a_name_that_only_begins_alike_is_none(localku: Command) -> None:
    assert not_now.sentence("pg:linksy") is None
    assert "is not a localku command" in localku("pg:linksy").err


def test_forks_are_refused_where_heroku_makes_them(localku: Command, app: App) -> None:
    done = localku("addons:create", "heroku-postgresql", "--", "--fork", "RED")
    assert done.err.startswith(" !     There are no forks and followers of databases here.")
    assert localku("addons:create", "heroku-postgresql", "--", "--size", "9").err.startswith(
        " !     Unknown setting: size."
    )


def test_the_docs_tell_of_each() -> None:
    page = (Path(__file__).parents[5] / "docs" / "data.md").read_text()
    told = set(re.findall(r"^\| `([a-z:-]+)`", page.partition("## Not now")[2].partition("\n## ")[0], re.MULTILINE))
    assert told == set(not_now._SENTENCES)
