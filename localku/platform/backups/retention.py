"""How many backups a plan keeps.

Dev Center, "Heroku PGBackups". Scheduled ones (devcenter.heroku.com/articles/heroku-postgres-backups
#scheduled-backups-retention-limits, quoted at github.com/codeforamerica/intake/issues/609): of all plans the last
7 days; 1 week of hobby-dev and hobby-basic, 4 of standard, 8 weeks and 12 months of premium. Manual ones
(#manual-backup-retention-limits): 2 of hobby-dev (github.com/OWASP/OpenCRE/issues/148), 5 of hobby-basic
(github.com/RefugeRestrooms/refugerestrooms/issues/319). `mini` and `basic` took the place of these two in 2022, and
the essential plans that of both in 2024, with the figures of hobby-basic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from localku.services.postgres.plans import Plan
from localku.transfer_records import Transfer, TransferKind


@dataclass(frozen=True)
class Retention:
    """So many of those captured by hand; of the scheduled ones the last of so many days, weeks and months."""

    manual: int
    weeks: int
    months: int = 0
    days: int = 7


TIERS = {
    "mini": Retention(manual=2, weeks=1),
    "hobby-dev": Retention(manual=2, weeks=1),
    "hobby-basic": Retention(manual=5, weeks=1),
    "basic": Retention(manual=5, weeks=1),
    "essential": Retention(manual=5, weeks=1),
    "standard": Retention(manual=25, weeks=4),
    "premium": Retention(manual=50, weeks=8, months=12),
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
        *_last_of(scheduled, retention.months, lambda then: (then.year, then.month)),
    }
    return tuple(one for one in good if one.id not in kept)


def _last_of(backups: Iterable[Transfer], count: int, period: Callable[[datetime], object]) -> tuple[str, ...]:
    """Of each of the newest periods that have one, the last."""
    found: dict[object, str] = {}
    for one in backups:
        found.setdefault(period(one.created_at), one.id)
    return tuple(found.values())[:count]
