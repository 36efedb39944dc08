"""A database gets other contents: all of them, or it keeps its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.backups import backup_files
from localku.platform.backups.transferring import Canceled, Run
from localku.records import Addon
from localku.services.postgres.moving import fresh_database, restoring
from localku.services.postgres.moving.tools import Server


@dataclass
class _Change:
    """How far it is."""

    exchanging: bool = False


Filling = Callable[[str], int]
"""Fills the database of that name; returns how many errors it went over, none of which has cost a row."""


def archive(server: Server, addon: Addon, run: Run, pieces: Iterator[bytes]) -> Filling:
    """Fill it with what is in an archive."""

    def fill(new: str) -> int:
        counted = run.count(pieces)
        target = restoring.own(new, addon.role, addon.password, run.transfer.label)
        warnings = restoring.restore(server, target, counted, run.said)
        for _ in counted:  # what pg_restore has no use for tells whether the archive is whole
            pass
        return warnings

    return fill


def replace(server: Server, addon: Addon, run: Run, fill: Filling, extensions: tuple[str, ...] = ()) -> None:
    """Have a new database filled beside the add-on's, which then takes its place.

    Raises LocalkuError that says what the database holds, and Busy where another restore to it is at work.
    """
    with locks.held(
        lock(run.context, addon), f"Another restore to {run.transfer.target} is running.", run.transfer.unchanged
    ):
        _replace(server, addon, run, fill, extensions)


def lock(context: Context, addon: Addon) -> Path:
    """Held by whoever has a new database beside the add-on's."""
    app = context.store.apps.by_id(addon.app_id)
    return backup_files.folder(context, app) / f"{addon.uuid}.lock"


def clear(context: Context, server: Server, addon: Addon) -> None:
    """Take away what a server that was killed during a restore has left of it."""
    with suppress(locks.Busy), locks.held(lock(context, addon), "A restore is running."):
        fresh_database.clear(server, addon.database, addon.role)


def _replace(server: Server, addon: Addon, run: Run, fill: Filling, extensions: tuple[str, ...]) -> None:
    change = _Change()
    try:
        _fill(server, addon, run, fill, extensions)
        change.exchanging = True
        fresh_database.exchange(server, addon.database, addon.role)
    except LocalkuError as error:
        holds = _holds(server, addon, run, change)
        raise LocalkuError(error.message, f"{holds}\n{error.hint}".strip(), kind=error.kind) from error
    except BaseException:
        with suppress(LocalkuError):
            fresh_database.discard(server, addon.database, addon.role)
        raise


def _fill(server: Server, addon: Addon, run: Run, fill: Filling, extensions: tuple[str, ...]) -> None:
    new = fresh_database.prepare(server, addon.database, addon.role, extensions)
    run.warnings = fill(new)
    if run.canceled.is_set():
        raise Canceled(f"{run.transfer.name} was canceled.")
    run.source_bytes = server.size(new, addon.role)


def _holds(server: Server, addon: Addon, run: Run, change: _Change) -> str:
    """Say what the database holds, and take the new one away if it is still one."""
    try:
        there = fresh_database.exists(server, addon.database, addon.role)
        if there or not change.exchanging:
            fresh_database.discard(server, addon.database, addon.role)
            return run.transfer.unchanged
    except LocalkuError:
        return run.transfer.undecided if change.exchanging else run.transfer.unchanged
    return f"{run.transfer.target} holds all that was restored."
