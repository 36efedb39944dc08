"""What `python -m benchmarks` is asked, before anything is built."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import __main__ as command
from benchmarks.machine_facts import MachineFacts
from benchmarks.stand import Own
from benchmarks.table.figures import Figures
from benchmarks.table.report import Report
from benchmarks.table.rounds import Counts
from benchmarks.table.row import HEROKU_LOCAL, OURS, Row

Asked = list[tuple[list[Row], Counts, Own | None]]
MACHINE = MachineFacts("Linux", 2, 2**30, "20.10", "ext4", "abc")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found: Asked = []

    def measured(chosen: Sequence[Row], counts: Counts, foreign: Own | None) -> Report:
        found.append((list(chosen), counts, foreign))
        figures = Figures()
        for row in chosen:
            figures.add(row.name, OURS, 1.0)
        return Report(chosen, figures, counts, MACHINE, {})

    monkeypatch.setattr(command, "_measured", measured)
    return found


def test_everything_in_five_rounds_and_three_cold_ones(asked: Asked) -> None:
    result = CliRunner().invoke(command.main, [])
    assert result.exit_code == 0, result.output
    ((rows, counts, own),) = asked
    assert [row.name for row in rows] == [row.name for row in command.ROWS]
    assert (counts.rounds, counts.cold, own) == (5, 3, None)
    assert result.output.count("\n| ") == len(rows) + 1  # in a pipe, a table in Markdown


def test_only_some_rows_in_the_tables_order(asked: Asked) -> None:
    CliRunner().invoke(command.main, ["--only", "reset-fs", "--only", "cold", "--rounds", "2", "--without-heroku"])
    ((rows, counts, _),) = asked
    assert [row.name for row in rows] == ["cold", "reset-fs"]
    assert counts.rounds == 2
    assert HEROKU_LOCAL not in {side.column for row in rows for side in row.sides}


def test_somebodys_own_app_has_the_rows_that_any_app_can_have(asked: Asked, tmp_path: Path) -> None:
    CliRunner().invoke(command.main, ["--app", str(tmp_path), "--page", "/login"])
    ((rows, _, own),) = asked
    names = ["cold", "one-line", "unchanged", "up-no-build", "up", "up-with-server", "reset-fs", "ps", "config", "logs"]
    assert [row.name for row in rows] == names
    assert own == Own(tmp_path, None, "/login", None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--app", ".", "--only", "css"], "Not with --app: css."),
        (["--dockerfile", __file__], "--dockerfile and --change go with --app."),
        (["--only", "nonsense"], "nonsense"),
        (["--rounds", "11"], "11 is not in the range"),
    ],
)
def test_what_cannot_be_is_refused(asked: Asked, arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(command.main, arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert not asked


def test_json(asked: Asked) -> None:
    assert '"revision": "abc"' in CliRunner().invoke(command.main, ["--json", "--only", "ps"]).output
