"""One difference between a dyno's filesystem and its slug."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

How = Literal["added", "changed", "deleted"]

HOME = "/app"
# The only folders a dyno can write to (hsup's container driver mounts the rest read-only).
WRITABLE = (HOME, "/tmp", "/var/tmp", "/dev/shm")
# What the container engine itself puts into every container.
ENGINE_FILES = frozenset(
    {
        "/.dockerenv",
        "/usr/sbin/docker-init",
        "/sbin/docker-init",
        "/usr/bin/catatonit",
        "/run/.containerenv",
        "/etc/hosts",
        "/etc/hostname",
        "/etc/resolv.conf",
        "/etc/mtab",
    }
)
ENGINE_FOLDERS = ("/proc", "/sys", "/dev", "/run")


GONE = "gone"
"""In place of the digest of a file that was deleted."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A change of a file: the SHA-1 of its content, GONE, or nothing where nobody has read it.

    `by_boot`: it was made before the first request could come, and not after.
    """

    digest: str
    by_boot: bool


@dataclass(frozen=True, slots=True)
class Change:
    """`path` is absolute inside the container, `size` in bytes (None: unknown or gone).

    `head` holds the first bytes of a file where somebody read them; it settles
    what the name leaves open. `returns`: the next boot creates it again.
    """

    path: str
    kind: How
    size: int | None = None
    is_dir: bool = False
    head: bytes = b""
    returns: bool = False
    trace: Trace | None = None


def below(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or inside it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def place(path: str) -> tuple[str, str]:
    """Split a path into the top folder of the dyno it is in and the rest: `/app` and `media/1.jpg`."""
    root, slash, rest = path.lstrip("/").partition("/")
    return (f"/{root}", rest) if slash else ("/", root)


def from_engine(path: str) -> bool:
    """Whether a difference is the container engine's doing and not the app's."""
    if path.startswith("/app/"):  # nearly all that is asked
        return False
    if path in ENGINE_FILES:
        return True
    return any(below(path, folder) for folder in ENGINE_FOLDERS) and not below(path, "/dev/shm")
