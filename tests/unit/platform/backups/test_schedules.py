"""Daily backups by a clock that may jump, over servers that come and go."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fake_engine import START, FakeClock

from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform.backups import schedules
from localku.records import Addon, App
from localku.services.postgres import credentials
from localku.transfer_records import BackupSchedule

HOUR, DAY = 3600.0, 86400.0
"""START is 11:12:35 UTC."""


@pytest.fixture
def addon(context: Context, app: App) -> Addon:
    return context.store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", START))


class Captured:
    """What was backed up, and the error that comes of it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.names: list[str] = []
        self.error: BaseException | None = None

    def __call__(self, _app: App, _addon: Addon, name: str) -> None:
        if self.error:
            raise self.error
        self.names.append(name)

    def count(self) -> int:
        """How many a look makes."""
        before = len(self.names)
        schedules.run_due(self.context, self)
        return len(self.names) - before


@pytest.fixture
def captured(context: Context) -> Captured:
    return Captured(context)


@pytest.fixture
def daily(context: Context, app: App, addon: Addon) -> BackupSchedule:
    return schedules.schedule(context, app, addon, "DATABASE_URL", "02:00 UTC")


@pytest.mark.parametrize(
    ("at", "hour", "zone"),
    [
        ("02:00 Europe/Berlin", 2, "Europe/Berlin"),
        ("2:00", 2, "UTC"),
        ("23:00 UTC", 23, "UTC"),
        ("0:00 pst", 0, "America/Los_Angeles"),
        ("04:00 CEST", 4, "Europe/Paris"),
        ("04:00Z", 4, "UTC"),
    ],
)
def test_hours_and_zones_are_read_as_by_herokus_cli(at: str, hour: int, zone: str) -> None:
    assert schedules.parsed(at) == (hour, zone)


@pytest.mark.parametrize("at", ["", "2", "02:30 UTC", "24:00 UTC", "02:00 Berlin Mitte", "at 02:00"])
def test_another_form_is_refused(at: str) -> None:
    with pytest.raises(LocalkuError, match="Invalid schedule format"):
        schedules.parsed(at)


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", "/etc/localtime", "Europe"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(LocalkuError, match="is no time zone"):
        schedules.parsed(f"02:00 {zone}")


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        ("UTC", "2024-06-05 11:12", "2024-06-05 02:00"),
        ("UTC", "2024-06-05 02:00", "2024-06-05 02:00"),
        ("UTC", "2024-06-05 01:59", "2024-06-04 02:00"),
        ("Europe/Berlin", "2024-06-05 00:30", "2024-06-05 00:00"),
        ("Pacific/Auckland", "2024-06-05 13:59", "2024-06-04 14:00"),
        # In the night when clocks go from 2 to 3 there is no such hour; in that when they go back there are two.
        ("Europe/Berlin", "2024-03-31 12:00", "2024-03-31 01:00"),
        ("Europe/Berlin", "2024-10-27 12:00", "2024-10-27 00:00"),
    ],
)
def test_the_last_time_it_was_due(daily: BackupSchedule, zone: str, now: str, due: str) -> None:
    found = schedules.last_due(replace(daily, timezone=zone), datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert f"{found:%Y-%m-%d %H:%M}" == due


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Auckland", "America/New_York"])
def test_over_a_year_there_is_one_a_day(daily: BackupSchedule, zone: str) -> None:
    one = replace(daily, timezone=zone)
    hours = (START + timedelta(hours=number) for number in range(365 * 24))
    found = {schedules.last_due(one, hour) for hour in hours}
    assert 365 <= len(found) <= 366


def test_it_is_made_when_its_hour_has_come_and_once(
    clock: FakeClock, captured: Captured, daily: BackupSchedule
) -> None:
    assert captured.count() == 0
    clock.later(14 * HOUR)
    assert captured.count() == 0
    clock.later(HOUR)
    assert captured.count() == 1
    assert captured.count() == 0
    assert captured.names == ["DATABASE"]


def test_what_was_missed_for_days_is_made_once(clock: FakeClock, captured: Captured, daily: BackupSchedule) -> None:
    clock.later(10 * DAY)
    assert [captured.count(), captured.count()] == [1, 0]


def test_a_clock_that_was_ahead_for_a_while_stops_nothing(
    clock: FakeClock, captured: Captured, daily: BackupSchedule
) -> None:
    clock.later(400 * DAY)
    assert captured.count() == 1
    clock.later(-400 * DAY)
    assert captured.count() == 0
    clock.later(DAY)
    assert [captured.count(), captured.count()] == [1, 0]


def test_a_clock_that_goes_back_an_hour_makes_none_twice(
    clock: FakeClock, captured: Captured, daily: BackupSchedule
) -> None:
    clock.later(15 * HOUR)
    assert captured.count() == 1
    clock.later(-HOUR)
    assert captured.count() == 0
    clock.later(HOUR)
    assert captured.count() <= 1


@pytest.mark.parametrize("error", [EngineUnavailable("No engine"), KeyboardInterrupt()])
def test_one_that_was_broken_off_is_due_still(
    clock: FakeClock, captured: Captured, daily: BackupSchedule, error: BaseException
) -> None:
    clock.later(DAY)
    captured.error = error
    look: Callable[[], int] = captured.count
    if isinstance(error, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            look()
    else:
        assert look() == 0
    captured.error = None
    assert [look(), look()] == [1, 0]


def test_one_that_fails_is_told_in_the_log_and_tried_the_next_day(
    context: Context, app: App, addon: Addon, clock: FakeClock, captured: Captured, daily: BackupSchedule
) -> None:
    clock.later(DAY)
    captured.error = LocalkuError("pg_dump failed: permission denied")
    assert captured.count() == 0
    assert context.log(app).history()[-1].message == "The scheduled backup failed: pg_dump failed: permission denied"
    captured.error = None
    assert captured.count() == 0
    clock.later(DAY)
    assert captured.count() == 1


def test_a_database_that_is_gone_takes_its_schedule_along(
    context: Context, app: App, addon: Addon, clock: FakeClock, captured: Captured, daily: BackupSchedule
) -> None:
    context.store.addons.remove(addon)
    assert schedules.of(context, app) == ()
    clock.later(DAY)
    assert captured.count() == 0
    assert context.store.backup_schedules.all() == ()


def test_how_long_until_the_next(context: Context, clock: FakeClock, captured: Captured, daily: BackupSchedule) -> None:
    assert schedules.seconds_to_next(context) == 14 * HOUR + 47 * 60 + 25
    clock.later(DAY)
    assert schedules.seconds_to_next(context) == 0
    captured.count()
    assert schedules.seconds_to_next(context) == 14 * HOUR + 47 * 60 + 25
    context.store.backup_schedules.remove(daily)
    assert schedules.seconds_to_next(context) == float("inf")


def test_a_database_has_one_schedule_and_loses_it(context: Context, app: App, addon: Addon) -> None:
    for at in ("02:00 UTC", "03:00 UTC"):
        schedules.schedule(context, app, addon, "DATABASE_URL", at)
    (one,) = schedules.of(context, app)
    assert one.hour == 3
    assert schedules.unschedule(context, app, None).name == "DATABASE_URL"
    with pytest.raises(LocalkuError, match="No schedules on"):
        schedules.unschedule(context, app, None)
    with pytest.raises(LocalkuError, match="No daily backups found"):
        schedules.unschedule(context, app, addon)
