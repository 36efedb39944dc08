from datetime import timedelta

import pytest
from transfers_kit import THEN, transfer

from localku.platform.backups import retention
from localku.platform.backups.retention import Retention, superfluous
from localku.services.postgres.plans import PLANS, Plan
from localku.transfer_records import TransferKind, TransferStatus

DAILY = TransferKind.SCHEDULED
FEW = Retention(manual=2, days=3, weeks=2)


def test_the_newest_of_those_captured_by_hand_are_kept() -> None:
    found = [transfer(number) for number in (4, 3, 2, 1)]
    assert [one.name for one in superfluous(found, FEW)] == ["b002", "b001"]


def test_a_backup_that_failed_takes_no_place() -> None:
    found = [transfer(4), transfer(3, status=TransferStatus.FAILED), transfer(2), transfer(1)]
    assert [one.name for one in superfluous(found, FEW)] == ["b001"]


def test_of_the_scheduled_ones_the_last_days_and_the_last_of_each_week_stay() -> None:
    """2024-06-05 was a Wednesday, of week 23: the Sunday before is the last day of week 22."""
    found = [transfer(30 - ago, DAILY, created_at=THEN - timedelta(days=ago)) for ago in range(20)]
    kept = {one.number for one in found} - {one.number for one in superfluous(found, FEW)}
    assert kept == {30, 29, 28, 27}


def test_of_the_scheduled_ones_the_last_of_each_month_stays() -> None:
    found = [transfer(100 - ago, DAILY, created_at=THEN - timedelta(days=ago)) for ago in range(80)]
    kept = [one for one in found if one not in superfluous(found, Retention(manual=1, days=1, weeks=1, months=3))]
    assert [one.created_at.date().isoformat() for one in kept] == ["2024-06-05", "2024-05-31", "2024-04-30"]


def test_scheduled_and_manual_ones_do_not_push_each_other_out() -> None:
    found = [transfer(3), transfer(2, DAILY), transfer(1)]
    assert superfluous(found, FEW) == ()


@pytest.mark.parametrize(
    ("plan", "manual", "weeks", "months"),
    [
        ("hobby-dev", 2, 1, 0),
        ("mini", 2, 1, 0),
        ("hobby-basic", 5, 1, 0),
        ("basic", 5, 1, 0),
        ("essential-0", 5, 1, 0),
        ("essential-2", 5, 1, 0),
        ("standard-2", 25, 4, 0),
        ("premium-0", 50, 8, 12),
    ],
)
def test_what_a_plan_keeps(plan: str, manual: int, weeks: int, months: int) -> None:
    assert retention.of(PLANS[plan]) == Retention(manual=manual, days=7, weeks=weeks, months=months)


@pytest.mark.parametrize("plan", PLANS.values(), ids=lambda plan: plan.name)
def test_every_plan_keeps_some(plan: Plan) -> None:
    assert retention.of(plan).days == 7
