"""What `app[api]` says of releases, as verbs write it and the doctor reads it back (Dev Center, "Logging")."""

from __future__ import annotations

import re

_CREATED = re.compile(r"Release v(\d{1,9}) created by ", re.ASCII)


def release_created(version: int, user: str) -> str:
    """`user` as `user NAME` is shown."""
    return f"Release v{version} created by user {user}"


def parse_release_created(message: str) -> int | None:
    """Read back the version that `release_created` told."""
    found = _CREATED.match(message)
    return int(found[1]) if found else None
