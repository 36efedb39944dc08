"""The app's user in an image's /etc/passwd, as Heroku's dynos have one."""

from __future__ import annotations

from localku.slugs.values import Identity

GROUP = "dyno"
GID = 1000
"""The group the stacks' own user has; Heroku names the group, not its number."""


def identity(uid: int) -> Identity:
    return Identity(user=f"u{uid}", uid=uid, gid=GID)


def passwd(existing: str, who: Identity) -> str:
    """`/etc/passwd` with the app's user added: home /app, shell bash."""
    lines = [line for line in existing.splitlines() if not line.startswith(f"{who.user}:")]
    return "\n".join([*lines, f"{who.user}:x:{who.uid}:{who.gid}::/app:/bin/bash", ""])


def group(existing: str) -> str:
    """`/etc/group` with `dyno` as the first name of our number."""
    lines = [line for line in existing.splitlines() if not line.startswith(f"{GROUP}:")]
    return "\n".join([f"{GROUP}:x:{GID}:", *lines, ""])
