"""Transfers and schedules in the fields and words of Heroku's data API and CLI (lib/pg/backups.js)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from localku.transfer_records import BackupSchedule, Transfer, TransferKind, TransferStatus

_UNITS = (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10))
_TYPES = {
    TransferKind.BACKUP: ("pg_dump", "gof3r"),
    TransferKind.SCHEDULED: ("pg_dump", "gof3r"),
    TransferKind.RESTORE: ("gof3r", "pg_restore"),
    TransferKind.COPY: ("pg_dump", "pg_restore"),
}


def transfer(one: Transfer, *, logs: bool = False) -> dict[str, Any]:
    """As the CLI asks for it; `logs` as with `?verbose=true`."""
    from_type, to_type = _TYPES[one.kind]
    found: dict[str, Any] = {
        "uuid": one.id,
        "num": one.number,
        "name": one.name,
        "from_name": one.source,
        "from_type": from_type,
        "to_name": one.target,
        "to_type": to_type,
        "created_at": moment(one.created_at),
        "started_at": moment(one.created_at),
        "finished_at": moment(one.finished_at) if one.finished_at else None,
        "canceled_at": moment(one.finished_at) if one.finished_at and is_canceled(one) else None,
        "succeeded": one.status is TransferStatus.COMPLETED if one.finished_at else None,
        "warnings": one.warnings,
        "source_bytes": one.source_bytes,
        "processed_bytes": one.size,
        "schedule": {} if one.kind is TransferKind.SCHEDULED else None,
        "options": {},
    }
    if logs:
        found["logs"] = [
            {"created_at": found["finished_at"] or found["created_at"], "message": row} for row in one.logs
        ]
    return found


def schedule(one: BackupSchedule) -> dict[str, Any]:
    return {"uuid": one.id, "name": one.name, "hour": one.hour, "timezone": one.timezone}


def is_canceled(one: Transfer) -> bool:
    return one.status is TransferStatus.CANCELED


def status(one: Transfer) -> str:
    """As in the list."""
    if one.status is TransferStatus.RUNNING or one.finished_at is None:
        return f"Running (processed {size(one.size)})"
    if one.status is not TransferStatus.COMPLETED:
        return f"{'Canceled' if is_canceled(one) else 'Failed'} {moment(one.finished_at)}"
    return f"Finished with {one.warnings} warnings" if one.warnings else f"Completed {moment(one.finished_at)}"


def short_status(one: Transfer) -> str:
    """As for one of them."""
    return status(one) if one.warnings else status(one).partition(" ")[0]


def compression(one: Transfer) -> str:
    """How much smaller than its database a backup is."""
    percent = round((one.source_bytes - one.size) / one.source_bytes * 100) if one.size and one.source_bytes else 0
    return f" ({max(0, percent)}% compression)"


def size(count: int) -> str:
    """`2.57MB`."""
    for unit, least in _UNITS:
        if count >= least:
            return f"{count / least:.2f}{unit}"
    return f"{count:.2f}B"


def moment(then: datetime) -> str:
    """`2024-06-05 11:12:35 +0000`."""
    return f"{then.astimezone(UTC):%Y-%m-%d %H:%M:%S +0000}"
