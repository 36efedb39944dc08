"""The transfers of an app as they are: what a killed localku has left is told as failed, and its remains removed."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

from localku.context import Context
from localku.errors import CLIENT, Invalid, Kind, LocalkuError
from localku.platform.backups import backup_files, unfinished
from localku.records import App
from localku.transfer_records import Transfer, TransferStatus

_NAME = re.compile(r"[abcr](\d+)", re.ASCII)


def of(context: Context, app: App) -> tuple[Transfer, ...]:
    """Newest first."""
    found = context.store.transfers.of(app)
    broken = [one for one in found if _is_broken(context, app, one)]
    for one in broken:
        _give_up(context, app, one)
    return context.store.transfers.of(app) if broken else found


def backups(context: Context, app: App) -> tuple[Transfer, ...]:
    return tuple(one for one in of(context, app) if one.kind.is_backup)


def find(context: Context, app: App, name: str) -> Transfer:
    """Return the transfer of that name; as on Heroku its number decides, whichever letter is before it."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise Invalid(f"Invalid Backup: {name}", f"`{CLIENT} pg:backups` lists their names.", resource="transfer")
    for one in of(context, app):
        if one.number == int(match[1]):
            return one
    raise _not_found(app, name)


def good(context: Context, app: App, name: str | None) -> Transfer:
    """Return the backup of that name, without a name the newest one there is a whole file of."""
    if name is None:
        found = next((one for one in backups(context, app) if one.is_good_backup), None)
        if found is None:
            raise LocalkuError(
                f"No backups on {app.name}.",
                f"Capture one with `{CLIENT} pg:backups:capture`.",
                kind=Kind.NOT_FOUND,
                resource="transfer",
            )
        return found
    one = find(context, app, name)
    if not one.kind.is_backup:
        raise _not_found(app, name)
    if not one.is_good_backup:
        raise LocalkuError(
            f"Backup {one.name} for {app.name} did not complete successfully.",
            f"`{CLIENT} pg:backups:info {one.name}` says why.",
            kind=Kind.CONFLICT,
            resource="transfer",
        )
    return one


def delete(context: Context, app: App, transfer: Transfer) -> None:
    """Take a transfer out of the list, and a backup's file away. Raises LocalkuError while somebody makes it."""
    if transfer.status is TransferStatus.RUNNING:
        raise LocalkuError(
            f"{transfer.name} is not finished.", f"Stop it with `{CLIENT} pg:backups:cancel`.", kind=Kind.CONFLICT
        )
    context.store.transfers.delete(transfer)
    unfinished.sweep(context, app)


def cancel(context: Context, app: App, name: str | None) -> Transfer:
    """Have a transfer end, without a name the newest one that runs; whoever makes it hears of it within a second."""
    running = [one for one in of(context, app) if one.status is TransferStatus.RUNNING]
    one = find(context, app, name) if name else next(iter(running), None)
    if one is None or one.status is not TransferStatus.RUNNING:
        raise LocalkuError("No active backups/transfers", kind=Kind.NOT_FOUND, resource="transfer")
    context.store.transfers.cancel(one)
    return one


def _not_found(app: App, name: str) -> LocalkuError:
    return LocalkuError(
        f"Backup {name} not found for {app.name}.",
        f"`{CLIENT} pg:backups` lists those there are.",
        kind=Kind.NOT_FOUND,
        resource="transfer",
    )


def _is_broken(context: Context, app: App, transfer: Transfer) -> bool:
    if transfer.status is TransferStatus.RUNNING:
        return not backup_files.is_at_work(context, app, transfer)
    return transfer.is_good_backup and not backup_files.is_whole(context, app, transfer)


def _give_up(context: Context, app: App, transfer: Transfer) -> None:
    """Tell it as failed. One that has ended between two looks is left as it is."""
    now = context.store.transfers.get(transfer.id)
    if now is None or not _is_broken(context, app, now):
        return
    if now.status is TransferStatus.RUNNING:
        ended = unfinished.ended(context, app, now)
        context.store.transfers.end(replace(ended, finished_at=context.clock.now()))
    else:
        context.store.transfers.broke(now, "Its file is gone, or not whole.")
    with suppress(OSError):
        unfinished.sweep(context, app)
