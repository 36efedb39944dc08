"""A state folder has one owner, who alone works in it: another user's server would have another engine's rights."""

from __future__ import annotations

import os
from pathlib import Path

from localku.errors import Kind, LocalkuError


def check(home: Path) -> None:
    """Raise LocalkuError where the state folder is another user's; root is another user, too."""
    owner = home.stat().st_uid
    if owner != os.geteuid():
        raise LocalkuError(
            f"The state folder {home} belongs to {name_of(owner)}, and you are {name_of(os.geteuid())}.",
            f"Work as {name_of(owner)}, or use a folder of your own with LOCALKU_HOME.",
            kind=Kind.FORBIDDEN,
        )


def name_of(uid: int) -> str:
    """The user's name, or `user 1234` where the system has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
