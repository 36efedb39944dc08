"""Files that others read at any moment: each has its name only when it is whole."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600


def write(file: Path, content: bytes | str, mode: int = PRIVATE) -> None:
    """Replace the file in one step; nobody else can read it before its mode says so, and a failure leaves no draft.

    Raises OSError.
    """
    handle, draft = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content.encode() if isinstance(content, str) else content)
            os.fchmod(opened.fileno(), mode)
        Path(draft).replace(file)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(draft).unlink()
        raise


def keep(file: Path, content: bytes | str, mode: int = PRIVATE) -> None:
    """The same, where the file says something else."""
    wanted = content.encode() if isinstance(content, str) else content
    if not file.is_file() or file.read_bytes() != wanted:
        write(file, wanted, mode)
