"""The table: both ratios, both aims, met or missed, and on what it was taken."""

from __future__ import annotations

from benchmarks.machine_facts import MachineFacts
from benchmarks.table.figures import Figures
from benchmarks.table.report import Report
from benchmarks.table.rounds import Counts
from benchmarks.table.row import BUILDKIT, COMPARED, HEROKU_LOCAL, OURS, Aim, Row, Unit

MACHINE = MachineFacts("Linux 6.1 x86_64", 2, 8 * 2**30, "20.10 (overlay2)", "xfs", "v1-3-gabc")
ROWS = (
    Row("line", "one line", (), (Aim(0.85), Aim(1.1, BUILDKIT))),
    Row("same", "nothing changed", (), (Aim(0.4, None),)),
    Row("disk", "ten apps", (), (Aim(1.2),), unit=Unit.MEGABYTES),
    Row("untaken", "not taken", (), (Aim(1.0),)),
)


def report(missing: dict[str, str] | None = None, *, heroku: bool = False) -> Report:
    figures = Figures(load=[1.0, 3.0, 0.5])
    taken = {
        ("line", OURS): [2.0],
        ("line", COMPARED): [2.5],
        ("line", BUILDKIT): [1.6],
        ("same", OURS): [0.5],
        ("same", COMPARED): [0.1],
        ("disk", OURS): [110_000_000.0],
        ("disk", COMPARED): [100_000_000.0],
        **({("line", HEROKU_LOCAL): [7.0]} if heroku else {}),
    }
    for (row, column), figure in taken.items():
        figures.add(row, column, figure[0])
    return Report(ROWS, figures, Counts(5, 3), MACHINE, missing or {})


def test_markdown_is_the_table_with_what_it_was_taken_on() -> None:
    said, _, table = report().markdown().partition("\n\n")
    assert table.splitlines() == [
        "| | localku | compared | ratio | aim | BuildKit | ratio | aim |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        "| one line | 2.00 | 2.50 | 0.80 | ≤ 0.85, met | 1.60 | 1.25 | ≤ 1.1, missed |",
        "| nothing changed | 0.50 | 0.10 | 5.00 | < 0.4 s, missed | - | - | - |",
        "| ten apps | 110.0 MB | 100.0 MB | 1.10 | ≤ 1.2, met | - | - | - |",
    ]
    assert "Medians of 5 round(s), of 3 for cold builds, in seconds" in said
    assert "2 cores, 8 GB, Linux 6.1 x86_64, Docker 20.10 (overlay2) on xfs, localku v1-3-gabc" in said
    assert "load 0.5 to 3.0, median 1.0" in said


def test_heroku_local_has_a_column_when_it_was_taken() -> None:
    lines = report(heroku=True).markdown().splitlines()
    assert lines[2].endswith("| aim | heroku local |")
    assert lines[4].endswith("≤ 1.1, missed | 7.00 |")
    assert lines[5].endswith("| - | - |")


def test_what_is_missing_is_said_with_its_reason() -> None:
    assert "BuildKit: not measured, no client." in report({BUILDKIT: "no client"}).markdown()


def test_row_that_was_given_up_is_said_with_its_reason() -> None:
    found = report()
    found.figures.failed["watch"] = "no answer"
    assert "`watch`: given up, no answer." in found.markdown()
    assert found.as_json()["failed"] == {"watch": "no answer"}


def test_json_has_every_figure_and_every_aim() -> None:
    found = report().as_json()
    assert found["machine"]["cores"] == 2
    assert found["rounds"] == 5
    assert found["cold_rounds"] == 3
    assert found["load"] == [1.0, 3.0, 0.5]
    line = found["rows"]["line"]
    assert line["figures"] == {OURS: [2.0], COMPARED: [2.5], BUILDKIT: [1.6]}
    assert line["ratios"] == {COMPARED: 0.8, BUILDKIT: 1.25}
    assert line["aims"] == [
        {"limit": 0.85, "against": COMPARED, "met": True},
        {"limit": 1.1, "against": BUILDKIT, "met": False},
    ]
    assert found["rows"]["disk"]["unit"] == "bytes"
    assert "untaken" not in found["rows"]
