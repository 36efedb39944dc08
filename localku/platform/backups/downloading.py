"""The verb `pg:backups:download`: a copy of a backup, which has its name only when it is whole."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path

from localku.context import Context
from localku.errors import LocalkuError, kind_of
from localku.platform.backups import backup_files
from localku.records import App
from localku.transfer_records import Transfer


def download(context: Context, app: App, transfer: Transfer, target: Path) -> None:
    """Copy it, and replace what is there; nothing is left of a copy that cannot be whole."""
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with part.open("xb") as opened:
            for piece in backup_files.pieces(backup_files.file(context, app, transfer), transfer.checksum):
                opened.write(piece)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(target)
    except OSError as error:
        raise LocalkuError(f"{target} cannot be written: {error.strerror}.", kind=kind_of(error)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
