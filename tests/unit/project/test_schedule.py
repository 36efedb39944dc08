"""Cron schedules: which are taken, when they come round, and what app.json says of others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from localku.errors import LocalkuError
from localku.project import app_json, schedule

NOON = datetime(2026, 2, 27, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["* * * * *", "*/10 * * * *", "0 3 * * MON-FRI", "0 0 29 2 *", "5,10 1-4 * jan *"])
def test_valid_ones(text: str) -> None:
    assert schedule.is_valid(text)


@pytest.mark.parametrize("text", ["", "* * * *", "* * * * * *", "60 * * * *", "0 0 30 2 *", "@daily", "a b c d e"])
def test_others(text: str) -> None:
    assert not schedule.is_valid(text)


@pytest.mark.parametrize(
    ("text", "next_time"),
    [
        ("* * * * *", datetime(2026, 2, 27, 12, 1, tzinfo=UTC)),
        ("0 12 * * *", datetime(2026, 2, 28, 12, 0, tzinfo=UTC)),
        ("0 3 1 * *", datetime(2026, 3, 1, 3, 0, tzinfo=UTC)),
        ("0 0 * * 0", datetime(2026, 3, 1, 0, 0, tzinfo=UTC)),
    ],
)
def test_the_next_time_is_after_the_moment(text: str, next_time: datetime) -> None:
    assert schedule.following(text, NOON) == next_time


def test_app_json_has_them() -> None:
    found = app_json.from_data({"cron": [{"command": " bin/clean ", "schedule": "0  3 * * *", "paused": True}]})
    assert found.cron == (app_json.CronEntry("bin/clean", "0 3 * * *"),)
    assert app_json.from_data({}).cron == ()


@pytest.mark.parametrize(
    ("cron", "where"),
    [
        ("0 3 * * *", "cron"),
        (["bin/clean"], "cron[0]"),
        ([{"schedule": "0 3 * * *"}], "cron[0].command"),
        ([{"command": "a", "schedule": "0 3 * * *"}, {"command": "bin/clean"}], "cron[1].schedule"),
        ([{"command": "bin/clean", "schedule": "daily"}], "cron[0].schedule"),
    ],
)
def test_what_is_wrong_is_named(cron: object, where: str) -> None:
    with pytest.raises(LocalkuError) as raised:
        app_json.from_data({"cron": cron})
    assert where in raised.value.message
    assert "bin/cleanup" in raised.value.hint
