import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from localku.cli.ephemeral_table import EphemeralTable
from localku.ephemeral.change import Change
from localku.ephemeral.report import build

CHANGES = [
    Change("/app/db.sqlite3", "added", 1_200_000),
    *(Change(f"/app/media/{number}.jpg", "added", 151_000) for number in range(214)),
    Change("/app/shop/old.py", "deleted"),
    Change("/app/x.pyc", "added", 10),
]


def shown(changes: list[Change], width: int, *, color: bool = False) -> str:
    output = io.StringIO()
    Console(file=output, width=width, force_terminal=color).print(EphemeralTable(build("web.1", changes)))
    return output.getvalue()


@pytest.mark.parametrize("width", [80, 140])
def test_it_fits_and_says_everything(width: int) -> None:
    text = shown(CHANGES, width)
    assert max(len(row) for row in text.splitlines()) <= width
    for part in ["media/… 214 files", "31 MB", "db.sqlite3", "1.1 MB", "deleted", "addons:create", "django-storages"]:
        assert part in text
    assert "web.1 wrote 215 files (32 MB) that a restart will discard" in text


@pytest.mark.parametrize("width", [80, 140])
def test_each_kind_is_explained_once(width: int) -> None:
    text = shown(CHANGES, width)
    assert text.count("Heroku:  ") == 4
    assert text.count("Instead: ") == 3


def test_a_pipe_gets_no_escape_codes() -> None:
    assert "\x1b" not in shown(CHANGES, 80)
    assert "\x1b[32m" in shown(CHANGES, 80, color=True)


def test_an_empty_report_is_one_sentence() -> None:
    assert shown([], 80) == "web.1 wrote nothing to its filesystem.\n"


def test_paths_cannot_give_orders_to_the_terminal() -> None:
    text = shown([Change("/app/[red]\x1b[2J\n\udcff", "added", 1)], 140)
    assert "[red]\\x1b[2J\\n\\udcff" in text


@given(st.lists(st.text(max_size=40), max_size=8), st.integers(min_value=60, max_value=160))
def test_any_path_can_be_shown(names: list[str], width: int) -> None:
    text = shown([Change("/app/" + name, "added", 1) for name in names], width)
    text.encode()
    assert "\x1b" not in text
