"""Backups, restores and copies of databases, and when backups are due: the values that tables keep of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TransferKind(StrEnum):
    """What is moved where. The values are kept."""

    BACKUP = "backup"
    SCHEDULED = "scheduled"
    RESTORE = "restore"
    COPY = "copy"

    @property
    def letter(self) -> str:
        """With which its name begins, as in Heroku's CLI (lib/pg/backups.js)."""
        return {"backup": "b", "scheduled": "a", "restore": "r", "copy": "c"}[self.value]

    @property
    def is_backup(self) -> bool:
        return self in {TransferKind.BACKUP, TransferKind.SCHEDULED}


class TransferStatus(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True)
class Transfer:
    """One of them. `id` is a UUID; the transfers of an app are numbered, whatever their kind.

    `addon` is the UUID of the database that is backed up or written to, `source` and `target` what people call both
    ends. `source_bytes` is the size of the database, `size` what has come through. `checksum` is the SHA-256 of a
    backup's file. `cancel`: somebody wants it to end. `public_until`: until then its file may be fetched by a link.
    """

    id: str
    app_id: int
    number: int
    kind: TransferKind
    addon: str
    source: str
    target: str
    status: TransferStatus
    created_at: datetime
    finished_at: datetime | None = None
    source_bytes: int = 0
    size: int = 0
    checksum: str = ""
    warnings: int = 0
    logs: tuple[str, ...] = ()
    cancel: bool = False
    public_until: datetime | None = None

    @property
    def name(self) -> str:
        return f"{self.kind.letter}{self.number:03}"

    @property
    def label(self) -> str:
        """Names its connections to the database."""
        return f"localku-{self.id}"

    @property
    def unchanged(self) -> str:
        """What the target holds where nothing has come of it."""
        return f"{self.target} holds what it held before: what is restored takes its place only when it is whole."

    @property
    def undecided(self) -> str:
        """What the target holds where nobody saw the end."""
        return f"{self.target} holds either what it held before or all that was restored, never a part of it."

    @property
    def is_good_backup(self) -> bool:
        """Whether there is a whole file of it."""
        return self.kind.is_backup and self.status is TransferStatus.COMPLETED


@dataclass(frozen=True)
class BackupSchedule:
    """A database is backed up daily at `hour` in `timezone`. `name` is the config var it was named by.

    `done_until` is the moment up to which all that was due is done, or was left out.
    """

    id: str
    app_id: int
    addon: str
    name: str
    hour: int
    timezone: str
    done_until: datetime
