"""When a cron schedule comes round: `0 3 * * *`, five fields as Debian's cron reads them, in UTC as on Dokku."""

from __future__ import annotations

from datetime import datetime

FIELDS = 5


def is_valid(schedule: str) -> bool:
    """Whether it has five fields that make sense, and comes round at all."""
    from cronsim import CronSim, CronSimError

    if len(schedule.split()) != FIELDS:
        return False
    try:
        next(CronSim(schedule, datetime(2024, 1, 1)))  # noqa: DTZ001 - in no time zone there is no odd hour
    except (CronSimError, StopIteration):
        return False
    return True


def following(schedule: str, moment: datetime) -> datetime:
    """The first time after `moment`, to the minute. Only for a schedule that is valid."""
    from cronsim import CronSim

    return next(CronSim(schedule, moment))
