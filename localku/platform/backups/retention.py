"""How many backups a plan keeps (Dev Center, "Heroku PGBackups": retention limits)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from localku.services.postgres.plans import Plan
from localku.transfer_records import Transfer, TransferKind


@dataclass(frozen=True)
class Retention:
    """So many of those that were captured by hand; of the scheduled ones the last of so many days and weeks."""

    manual: int
    days: int
    weeks: int


TIERS = {
    "mini": Retention(manual=2, days=1, weeks=1),
    "hobby-dev": Retention(manual=2, days=1, weeks=1),
    "hobby-basic": Retention(manual=5, days=7, weeks=1),
    "basic": Retention(manual=5, days=7, weeks=1),
    "essential": Retention(manual=5, days=7, weeks=1),
    "standard": Retention(manual=25, days=7, weeks=4),
    "premium": Retention(manual=50, days=7, weeks=8),
}


def of(plan: Plan) -> Retention:
    """Its own, or its tier's."""
    return TIERS.get(plan.name) or TIERS[plan.name.partition("-")[0]]


def superfluous(found: Iterable[Transfer], retention: Retention) -> tuple[Transfer, ...]:
    """Those of a database's transfers, newest first, that are whole backups and not kept."""
    good = [one for one in found if one.is_good_backup]
    manual = [one for one in good if one.kind is TransferKind.BACKUP]
    scheduled = [one for one in good if one.kind is TransferKind.SCHEDULED]
    kept = {
        *(one.id for one in manual[: retention.manual]),
        *_last_of(scheduled, retention.days, lambda then: then.date()),
        *_last_of(scheduled, retention.weeks, lambda then: then.isocalendar()[:2]),
    }
    return tuple(one for one in good if one.id not in kept)


def _last_of(backups: Iterable[Transfer], count: int, period: Callable[[datetime], object]) -> tuple[str, ...]:
    """Of each of the newest periods that have one, the last."""
    found: dict[object, str] = {}
    for one in backups:
        found.setdefault(period(one.created_at), one.id)
    return tuple(found.values())[:count]
