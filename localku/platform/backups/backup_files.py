"""Where backups are: files in the app's folder, which no container and no volume of the engine has a part in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.errors import LocalkuError
from localku.records import App
from localku.transfer_records import Transfer

PIECE = 1 << 18


def folder(context: Context, app: App) -> Path:
    made = context.store.folder(app) / "backups"
    made.mkdir(mode=0o700, exist_ok=True)
    return made


def file(context: Context, app: App, transfer: Transfer) -> Path:
    """A whole backup's file."""
    return folder(context, app) / f"{transfer.name}.dump"


def part(context: Context, app: App, transfer: Transfer) -> Path:
    """What there is of it while it is being made."""
    return folder(context, app) / f"{transfer.name}.part"


def lock(context: Context, app: App, ident: str) -> Path:
    """Held by the process that makes the transfer."""
    return folder(context, app) / f"{ident}.lock"


def is_at_work(context: Context, app: App, transfer: Transfer) -> bool:
    """Whether somebody is making it."""
    return locks.holder(lock(context, app, transfer.id)) is not None


def is_whole(context: Context, app: App, transfer: Transfer) -> bool:
    """Whether its file is there, and as long as it was."""
    try:
        return file(context, app, transfer).stat().st_size == transfer.size
    except OSError:
        return False


def settled(place: Path) -> None:
    """Have the disk keep a folder's names."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pieces(path: Path, checksum: str = "") -> Iterator[bytes]:
    """Read a file; after its last piece raise LocalkuError where its SHA-256 is not this one."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as opened:
            while piece := opened.read(PIECE):
                if checksum:
                    digest.update(piece)
                yield piece
    except OSError as error:
        raise LocalkuError(f"{path} cannot be read: {error.strerror}.") from error
    if checksum and digest.hexdigest() != checksum:
        raise LocalkuError(f"{path} is damaged: it is not what was written.", "Restore another backup.")
