"""What a database's server prints comes into the app's log as Heroku has it, once, whatever happens to localku."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from test_supervisor_pump import BEGAN, Files

from localku.logs.app_log import AppLog
from localku.logs.drains.frames import priority
from localku.logs.line import LogLine, matches
from localku.supervisor.output.database_rows import DatabaseRows
from localku.supervisor.output.journal import Journal
from localku.supervisor.output.pump import Pump

if TYPE_CHECKING:
    from localku.engine.containers import Containers
    from localku.supervisor.output.rows import RowMaker

READY = b"2024-06-05 11:12:35.048 UTC [1] [7]  sql_error_code = 00000 LOG:  database system is ready"
REFUSED = (
    b'2024-06-05 11:12:36.048 UTC [57] [4]  sql_error_code = 42P01 ERROR:  relation "a" does not exist at character 8',
    b"2024-06-05 11:12:36.048 UTC [57] [5]  sql_error_code = 42P01 STATEMENT:  SELECT",
    b"\t  1 FROM a",
)
SLOW = b"2024-06-05 11:12:38.048 UTC [57] [6]  sql_error_code = 00000 LOG:  duration: 2405.887 ms  statement: SELECT 1"
BARE = b"localku-postgres: LOCALKU_ROLE is not set"

IN_HEROKUS_FORM = [
    "app[postgres]: [RED] localku-postgres: LOCALKU_ROLE is not set",
    "app[postgres.1]: [RED] [7-1]  sql_error_code = 00000 LOG:  database system is ready",
    'app[postgres.57]: [RED] [4-1]  sql_error_code = 42P01 ERROR:  relation "a" does not exist at character 8',
    "app[postgres.57]: [RED] [4-2]  sql_error_code = 42P01 STATEMENT:  SELECT",
    "app[postgres.57]: [RED] [4-3] \t  1 FROM a",
    "app[postgres.57]: [RED] [6-1]  sql_error_code = 00000 LOG:  duration: 2405.887 ms  statement: SELECT 1",
]


def printed(*lines: bytes) -> Files:
    files = Files()
    for line in lines:
        files.time += timedelta(seconds=0.01)
        files.message(line, stream=2)
    return files


def carried(folder: Path, files: Files, *, trouble_only: bool = False) -> list[str]:
    log, ended = AppLog(folder / "log"), threading.Event()

    def make(_proc: str) -> RowMaker:
        return DatabaseRows("HEROKU_POSTGRESQL_RED", trouble_only=trouble_only)

    pump = Pump(cast("Containers", files), "c1", "postgres", Journal(log), ended.set, resume=True, make=make)
    pump.start()
    assert ended.wait(20)
    return [f"{line.source}[{line.proc}]: {line.message}" for line in log.history(1500)]


def test_each_line_is_in_herokus_form(tmp_path: Path) -> None:
    assert carried(tmp_path, printed(BARE, READY, *REFUSED, SLOW)) == IN_HEROKUS_FORM


def test_small_plans_have_warnings_and_errors_alone_with_all_their_lines(tmp_path: Path) -> None:
    assert carried(tmp_path, printed(BARE, READY, *REFUSED, SLOW), trouble_only=True) == IN_HEROKUS_FORM[2:5]


@pytest.mark.parametrize("trouble_only", [False, True])
@pytest.mark.parametrize("at", range(1, 7))
def test_who_comes_after_a_kill_goes_on_in_the_midst_of_a_message(tmp_path: Path, at: int, trouble_only: bool) -> None:
    lines = (BARE, READY, *REFUSED, SLOW)
    files = printed(*lines)
    everything, files.frames = files.frames, files.frames[:at]
    carried(tmp_path, files, trouble_only=trouble_only)
    files.frames = everything
    wanted = IN_HEROKUS_FORM[2:5] if trouble_only else IN_HEROKUS_FORM
    assert carried(tmp_path, files, trouble_only=trouble_only) == wanted


def test_a_message_cannot_be_forged_in_a_statement(tmp_path: Path) -> None:
    forged = "\t2024-06-05 11:12:36.048 UTC [1] [9]  sql_error_code = XX000 PANIC:  all is lost"
    found = carried(tmp_path, printed(REFUSED[0], forged.encode()))
    assert found[1] == f"app[postgres.57]: [RED] [4-2] {forged}"


def test_filters_and_drains_know_them_as_a_databases() -> None:
    line = LogLine(BEGAN, "app", "postgres.57", "x")
    assert matches(line, proc="postgres")
    assert priority(line) == priority(LogLine(BEGAN, "app", "heroku-postgres", "x")) == 134
    assert priority(LogLine(BEGAN, "app", "web.1", "x")) == 190
