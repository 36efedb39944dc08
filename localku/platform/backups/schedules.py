"""Daily backups: the verbs of schedules, and which backups are due."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from localku.clock import calendar
from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import CLIENT, Invalid, Kind, LocalkuError
from localku.records import Addon, App
from localku.transfer_records import BackupSchedule

_AT = re.compile(r"(0?\d|1\d|2[0-3]):00 ?(\S*)", re.ASCII)
_ZONES = {
    **dict.fromkeys(("PST", "PDT"), "America/Los_Angeles"),
    **dict.fromkeys(("MST", "MDT"), "America/Boise"),
    **dict.fromkeys(("CST", "CDT"), "America/Chicago"),
    **dict.fromkeys(("EST", "EDT"), "America/New_York"),
    **dict.fromkeys(("GMT", "BST"), "Europe/London"),
    **dict.fromkeys(("CET", "CEST"), "Europe/Paris"),
    "Z": "UTC",
}
"""What Heroku's CLI makes of abbreviations (commands/pg/backups/schedule.js)."""

Capture = Callable[[App, Addon, str], object]
"""Makes a scheduled backup of a database that is called by this name."""


def schedule(context: Context, app: App, addon: Addon, name: str, at: str) -> BackupSchedule:
    """Have a database backed up daily; a schedule it had is replaced. `name` is a config var of it."""
    hour, timezone = parsed(at)
    now = calendar(context.clock)
    made = BackupSchedule(str(uuid.uuid4()), app.id, addon.uuid, name, hour, timezone, now)
    context.store.backup_schedules.set(made)
    return made


def parsed(at: str) -> tuple[int, str]:
    """Read `02:00 Europe/Berlin`: the hour, and the name of the time zone."""
    match = _AT.fullmatch(at.strip())
    if match is None:
        raise Invalid("Invalid schedule format: expected --at '[HOUR]:00 [TIMEZONE]'", "As in --at '02:00 UTC'.")
    timezone = _ZONES.get(match[2].upper(), match[2] or "UTC")
    _zone(timezone)
    return int(match[1]), timezone


def of(context: Context, app: App) -> tuple[BackupSchedule, ...]:
    """Those of databases that are there."""
    there = {addon.uuid for addon in context.store.addons.of(app)}
    return tuple(one for one in context.store.backup_schedules.of(app) if one.addon in there)


def unschedule(context: Context, app: App, addon: Addon | None) -> BackupSchedule:
    """Take away a database's schedule, without a database the only one there is."""
    found = [one for one in of(context, app) if addon is None or one.addon == addon.uuid]
    if not found:
        raise LocalkuError(
            f"No daily backups found for {addon.name}." if addon else f"No schedules on {app.name}.",
            f"`{CLIENT} pg:backups:schedules` lists them.",
            kind=Kind.NOT_FOUND,
        )
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise Invalid(f"Specify schedule on {app.name}. Existing schedules: {names}")
    context.store.backup_schedules.remove(found[0])
    return found[0]


def last_due(one: BackupSchedule, now: datetime) -> datetime:
    """The newest moment, not after `now`, at which it was due."""
    zone = _zone(one.timezone)
    day = now.astimezone(zone).date() + timedelta(days=1)
    while True:
        due = datetime(day.year, day.month, day.day, one.hour, tzinfo=zone).astimezone(UTC)
        if due <= now:
            return due
        day -= timedelta(days=1)


def seconds_to_next(context: Context) -> float:
    """Platform seconds until one is due; infinity where there are none, 0 where one has been missed."""
    now = calendar(context.clock)
    return min((_seconds_to_next(one, now) for one in context.store.backup_schedules.all()), default=float("inf"))


def _seconds_to_next(one: BackupSchedule, now: datetime) -> float:
    if last_due(one, now) > one.done_until:
        return 0.0
    day = timedelta(days=1)
    following = next(due for late in (day, 2 * day) if (due := last_due(one, now + late)) > now)
    return (following - now).total_seconds()


def run_due(context: Context, capture: Capture) -> None:
    """Make the backups that are due, one of each schedule, however often it has been missed.

    One whose process is killed is due still; where no engine answers, all are.
    """
    for one in context.store.backup_schedules.all():
        now = calendar(context.clock)
        due = last_due(one, now)
        if one.done_until > now:  # the clock was ahead when that was written
            context.store.backup_schedules.done(one, now)
        elif due > one.done_until and _run(context, one, capture):
            context.store.backup_schedules.done(one, due)


def _run(context: Context, one: BackupSchedule, capture: Capture) -> bool:
    """Make it; False where it is still to be made."""
    app = context.store.apps.by_id(one.app_id)
    addon = next((addon for addon in context.store.addons.of(app) if addon.uuid == one.addon), None)
    if addon is None:
        context.store.backup_schedules.remove(one)
        return False
    try:
        capture(app, addon, one.name.removesuffix("_URL"))
    except EngineUnavailable:
        return False
    except LocalkuError as error:
        context.log(app).write("localku", addon.name, f"The scheduled backup failed: {error.message}")
    return True


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(
            f"{name} is no time zone this machine knows.", "Name it as in UTC, Europe/Berlin or America/New_York."
        ) from error
