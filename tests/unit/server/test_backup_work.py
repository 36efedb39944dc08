from dataclasses import replace
from datetime import timedelta

import pytest
from fake_engine import FakeClock

from localku.context import Context
from localku.platform.backups import backup_files
from localku.records import App
from localku.server.backup_work import BackupWork
from localku.transfer_records import Transfer, TransferKind, TransferStatus

DATA = b"PGDMP"


@pytest.fixture
def backup(context: Context, app: App) -> Transfer:
    ident = "b4607019-9f0b-4ccb-a7bf-90ecb9a55b67"
    now = context.clock.now()
    made = Transfer(
        ident, app.id, 1, TransferKind.BACKUP, "db", "DATABASE", "b001", TransferStatus.RUNNING, now, now, 0, len(DATA)
    )
    context.store.transfers.add(made)
    backup_files.file(context, app, made).write_bytes(DATA)
    ended = replace(made, status=TransferStatus.COMPLETED)
    context.store.transfers.end(ended)
    return ended


def test_it_is_needed_while_a_link_is_good(context: Context, clock: FakeClock, backup: Transfer) -> None:
    work = BackupWork(context, lambda *_: None)
    assert not work.is_needed()
    context.store.transfers.publish(backup, context.clock.now() + timedelta(hours=1))
    assert work.is_needed()
    clock.later(3601)
    assert not work.is_needed()
