"""What a folder keeps when it is renamed or moved within its file system: its inode and the moment it was made."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

AT_FDCWD = -100
STATX_BTIME = 0x800
_SIZE, _MASK, _BTIME = 256, "I", 80
"""Of `struct statx` (linux/stat.h): its bytes, its first field, and where `stx_btime` is."""

NANOSECONDS = 1_000_000_000


def of(folder: Path) -> str | None:
    """Return `INODE:NANOSECONDS`; None for what is no folder, and where the file system does not tell.

    An inode alone is used again once its folder is removed, the moment with it is not. The device is left out: its
    number may be another after a reboot.
    """
    try:
        found = folder.stat()
    except OSError:
        return None
    made = _made(folder)
    return f"{found.st_ino}:{made}" if made and folder.is_dir() else None


def _made(folder: Path) -> int | None:
    if sys.platform != "linux":
        moment = getattr(folder.stat(), "st_birthtime", None)
        return None if moment is None else int(moment * NANOSECONDS)
    import ctypes  # not at the start: few commands look at a folder they do not know yet

    try:
        statx = ctypes.CDLL(None).statx
    except (AttributeError, OSError):
        return None
    found = ctypes.create_string_buffer(_SIZE)
    failed: int = statx(AT_FDCWD, os.fsencode(folder), 0, STATX_BTIME, found)
    if failed or not struct.unpack_from(_MASK, found)[0] & STATX_BTIME:
        return None
    seconds, nanoseconds = struct.unpack_from("=qI", found, _BTIME)
    return int(seconds * NANOSECONDS + nanoseconds)
