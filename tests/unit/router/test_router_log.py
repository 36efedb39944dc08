"""Router lines reach the log in their order, soon, and all of them before the end."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from router_kit import wait_until

from localku.logs.app_log import AppLog
from localku.router.log import BatchedLog

if TYPE_CHECKING:
    import pytest

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Ticking:
    """Every look at this clock is a second later."""

    scale = 1.0

    def __init__(self) -> None:
        self.looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return BEGAN + timedelta(seconds=self.looks)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def test_every_line_in_its_order_with_its_own_time(tmp_path: Path) -> None:
    log = BatchedLog(lambda app: AppLog(tmp_path / app), Ticking())
    for number in range(600):
        log.line("one" if number % 2 else "two", f"at=info path=/{number}")
    log.close()
    log.close()
    for app, first in (("one", 1), ("two", 0)):
        lines = AppLog(tmp_path / app).history(1000)
        assert [line.message for line in lines] == [f"at=info path=/{number}" for number in range(first, 600, 2)]
        assert [line.time for line in lines] == [BEGAN + timedelta(seconds=n + 1) for n in range(first, 600, 2)]
        assert {(line.source, line.proc) for line in lines} == {("heroku", "router")}


def test_a_line_does_not_wait_for_the_next(tmp_path: Path) -> None:
    log, read = BatchedLog(lambda app: AppLog(tmp_path / app)), AppLog(tmp_path / "app")
    for number in (1, 2, 3):
        log.line("app", f"at=info path=/{number}")
        wait_until(lambda number=number: len(read.history()) == number)  # type: ignore[misc]
    log.close()


def test_an_app_that_is_gone_and_a_disk_that_is_full_stop_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "full").write_text("a file where the folder would be")
    logs = {"full": AppLog(tmp_path / "full" / "log"), "app": AppLog(tmp_path / "app")}
    log = BatchedLog(logs.get)
    with caplog.at_level(logging.WARNING):
        for app in ("gone", "full", "app"):
            log.line(app, "at=info")
        log.close()
    assert [line.message for line in logs["app"].history()] == ["at=info"]
    assert "1 lines of the router are lost" in caplog.text
