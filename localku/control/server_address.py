"""Where the server of a state folder listens: paths that are short, whatever the folder's own is.

In /tmp, as tmux has it: the folder of `XDG_RUNTIME_DIR` goes with the user's last session, which a server outlives,
and cron knows of none.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from localku.errors import Kind, LocalkuError
from localku.paths import home_id

LONGEST = 107
"""Bytes in the path of a Unix socket (sun_path of unix(7), without its last zero)."""

TEMPORARY = Path("/tmp")
"""Not TMPDIR, which differs from terminal to terminal."""


def folder() -> Path:
    """The folder for this user's sockets, made if need be. Raises LocalkuError where it is somebody else's."""
    usual, *others = _candidates()
    for found in (usual, *others):
        with suppress(OSError):
            found.mkdir(mode=0o700, exist_ok=True)
        if _is_ours(found):
            return found
    raise LocalkuError(
        f"{usual} is not a folder of this user that nobody else can enter.",
        "localku's sockets are there. Move it away and start again.",
        kind=Kind.FORBIDDEN,
    )


def socket_file(home: Path) -> Path:
    return folder() / f"{home_id(home)}.sock"


def bell_file(home: Path) -> Path:
    return folder() / f"{home_id(home)}.bell"


def _candidates() -> tuple[Path, ...]:
    """The usual place, and another one for whom somebody else keeps from that."""
    usual = TEMPORARY / f"localku-{os.geteuid()}"
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "")
    short = len(os.fsencode(runtime / "localku" / "123456789012.sock")) <= LONGEST
    return (usual, runtime / "localku") if runtime.is_absolute() and short and _is_ours(runtime) else (usual,)


def _is_ours(place: Path) -> bool:
    """Whether it is a folder, no link, of this user, that no other user can write to or look into."""
    try:
        found = place.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
