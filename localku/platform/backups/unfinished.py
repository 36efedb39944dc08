"""What is left of a transfer whose process was killed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.addons import addon_servers
from localku.platform.backups import backup_files
from localku.records import Addon, App
from localku.services.postgres.moving import fresh_database
from localku.services.postgres.moving.tools import Server
from localku.transfer_records import Transfer, TransferKind, TransferStatus

KILLED = "The process that made it was killed."


def ended(context: Context, app: App, transfer: Transfer) -> Transfer:
    """Say how a transfer without a process has ended; what the database has of it is taken away where it runs."""
    addon = next((one for one in context.store.addons.of(app) if one.uuid == transfer.addon), None)
    told = _taken_away(context, app, transfer, addon) if addon else ()
    return replace(transfer, status=TransferStatus.FAILED, logs=(*transfer.logs, KILLED, *told))


def _taken_away(context: Context, app: App, transfer: Transfer, addon: Addon) -> tuple[str, ...]:
    writes = transfer.kind in {TransferKind.RESTORE, TransferKind.COPY}
    try:
        server = _running_server(context, app, addon)
        if server is not None:
            server.end_sessions(transfer.label)
            return (_discarded(server, addon, transfer),) if writes else ()
    except LocalkuError as error:
        return (error.message,)
    return (transfer.undecided,) if writes else ()


def _running_server(context: Context, app: App, addon: Addon) -> Server | None:
    name = addon_servers.container(addon)
    runs = any(one.name == name and one.running for one in context.containers(app))
    return Server(context.engine, name) if runs else None


def _discarded(server: Server, addon: Addon, transfer: Transfer) -> str:
    if not fresh_database.exists(server, addon.database, addon.role):
        return transfer.undecided
    fresh_database.discard(server, addon.database, addon.role)
    return transfer.unchanged


def sweep(context: Context, app: App) -> None:
    """Remove the files that belong to no backup that is whole, nor to one that is being made."""
    folder = backup_files.folder(context, app)
    found = sorted(folder.iterdir())  # before the table is read: what begins after it is not looked at
    known = {one.name: one for one in context.store.transfers.of(app)}
    for path in found:
        one = known.get(path.stem)
        keeps = one is not None and (one.status is TransferStatus.RUNNING or one.is_good_backup)
        if path.suffix in {".dump", ".part"} and not keeps:
            with suppress(OSError):
                path.unlink()
