"""The verb `pg:backups:capture`: a dump becomes a backup when it is whole, on the disk and read again."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.backups import backup_files, database_server, replacing, retention, transfers
from localku.platform.backups.transferring import Moved, Order, Run, transferring
from localku.records import Addon, App
from localku.services.postgres import plans
from localku.services.postgres.moving import dumping, restoring
from localku.services.postgres.moving.tools import Server
from localku.transfer_records import Transfer, TransferKind

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def unheard(_transfer: Transfer, _count: int) -> None:
    """Nobody waits for it."""


def capture(
    context: Context,
    app: App,
    addon: Addon,
    source: str,
    *,
    kind: TransferKind = TransferKind.BACKUP,
    moved: Moved = unheard,
) -> Transfer:
    """Back a database up, and remove the backups that the plan does not keep.

    `app` is the one that the add-on is billed to, `source` what the database is called there.
    """
    with (
        database_server.started(context, app, addon) as server,
        transferring(context, app, Order(kind, addon.uuid, source, ""), moved) as run,
    ):
        run.interrupt = lambda: server.end_sessions(run.transfer.label)
        replacing.clear(context, server, addon)
        run.source_bytes = server.size(addon.database, addon.role)
        _write(context, app, server, addon, run)
    _prune(context, app, addon)
    return next(one for one in transfers.of(context, app) if one.id == run.transfer.id)


def _prune(context: Context, app: App, addon: Addon) -> None:
    mine = [one for one in transfers.of(context, app) if one.addon == addon.uuid]
    for one in retention.superfluous(mine, retention.of(plans.named(addon.plan))):
        transfers.delete(context, app, one)


def _write(context: Context, app: App, server: Server, addon: Addon, run: Run) -> None:
    part = backup_files.part(context, app, run.transfer)
    with _removed_after(part):
        dump = dumping.own(addon.database, addon.role, run.transfer.label)
        run.checksum = _kept(part, run.count(dumping.stream(server, dump, run.said)))
        _verify(server, part, run.checksum)
        part.rename(backup_files.file(context, app, run.transfer))
        backup_files.settled(part.parent)


def _kept(part: Path, pieces: Iterable[bytes]) -> str:
    """Write them to a file, and return its SHA-256 once the disk has it."""
    digest = hashlib.sha256()
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        for piece in pieces:
            digest.update(piece)
            opened.write(piece)
        opened.flush()
        os.fsync(opened.fileno())
    return digest.hexdigest()


def _verify(server: Server, part: Path, checksum: str) -> None:
    """Read it again, all of it, and have pg_restore find its way in it."""
    for _ in backup_files.pieces(part, checksum):
        pass
    restoring.listed(server, backup_files.pieces(part))


@contextmanager
def _removed_after(part: Path) -> Iterator[None]:
    """Leave no part of a backup behind; a full disk has its room again before anything is said."""
    try:
        yield
    except OSError as error:
        _remove(part)
        if error.errno in FULL:
            raise LocalkuError(
                f"The disk with {part.parent} is full: the backup is not kept.", "Free some space and try again."
            ) from error
        raise LocalkuError(f"{part} cannot be written: {error.strerror}.") from error
    finally:
        _remove(part)


def _remove(part: Path) -> None:
    with suppress(OSError):
        part.unlink(missing_ok=True)
