from datetime import timedelta

import pytest
from fake_engine import FakeClock
from transfers_kit import kept

from localku.context import Context
from localku.records import App
from localku.server.backup_work import BackupWork
from localku.transfer_records import Transfer

DATA = b"PGDMP"


@pytest.fixture
def backup(context: Context, app: App) -> Transfer:
    return kept(context, app, 1, DATA)


def test_it_is_needed_while_a_link_is_good(context: Context, clock: FakeClock, backup: Transfer) -> None:
    work = BackupWork(context, lambda *_: None)
    assert not work.is_needed()
    context.store.transfers.publish(backup, context.clock.now() + timedelta(hours=1))
    assert work.is_needed()
    clock.later(3601)
    assert not work.is_needed()


def test_a_clock_that_was_ahead_keeps_no_server_for_days(context: Context, backup: Transfer) -> None:
    context.store.transfers.publish(backup, context.clock.now() + timedelta(days=30))
    assert not BackupWork(context, lambda *_: None).is_needed()
