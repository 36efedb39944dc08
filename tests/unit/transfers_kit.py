"""Transfers as a table has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from localku.context import Context
from localku.platform.backups import backup_files
from localku.records import App
from localku.transfer_records import Transfer, TransferKind, TransferStatus

THEN = datetime(2024, 6, 5, 11, 12, 35, tzinfo=UTC)


def transfer(number: int, kind: TransferKind = TransferKind.BACKUP, **changes: object) -> Transfer:
    made = Transfer(
        id=f"b4607019-9f0b-4ccb-a7bf-{number:012x}",
        app_id=1,
        number=number,
        kind=kind,
        addon="the-addon",
        source="DATABASE",
        target=f"{kind.letter}{number:03}",
        status=TransferStatus.COMPLETED,
        created_at=THEN + timedelta(minutes=number),
        finished_at=THEN + timedelta(minutes=number, seconds=2),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def kept(context: Context, app: App, number: int, data: bytes = b"PGDMP of it") -> Transfer:
    """A whole backup with its file."""
    made = begun(context, app, number)
    backup_files.file(context, app, made).write_bytes(data)
    ended = replace(made, status=TransferStatus.COMPLETED, finished_at=made.created_at, size=len(data))
    context.store.transfers.end(ended)
    return ended


def begun(context: Context, app: App, number: int, kind: TransferKind = TransferKind.BACKUP) -> Transfer:
    """One that runs, as the table says; nobody holds its lock."""
    made = transfer(number, kind, app_id=app.id, status=TransferStatus.RUNNING, finished_at=None)
    context.store.transfers.add(made)
    return made
