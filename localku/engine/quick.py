"""The one question asked so often that importing docker-py for it would be what takes the time."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from urllib.parse import quote

DEFAULT_SOCKET = "/var/run/docker.sock"
SECONDS = 5.0
STATUS_LINE = 1 << 16
"""Bytes of a status line, at most."""


def image_exists(tag: str) -> bool | None:
    """Ask the engine's Unix socket for an image; None when that is not where the engine is."""
    path = unix_path()
    if path is None:
        return None
    try:
        return _ANSWERS.get(_status(path, f"/images/{quote(tag, safe=':/')}/json"))
    except (OSError, ValueError):
        return None


def unix_path(address: str | None = None) -> str | None:
    """Return the path of the engine's Unix socket, of this address or where commands look; None for other engines."""
    found = address or os.environ.get("DOCKER_HOST", "")
    if found:
        return found.removeprefix("unix://") if found.startswith("unix:///") else None
    return None if _another_context() else DEFAULT_SOCKET


_ANSWERS = {200: True, 404: False}


def _status(path: str, target: str) -> int:
    """The status of an answer, of which no more is read. Raises OSError, ValueError for what is no HTTP.

    By hand, for `http.client` takes longer to import than an engine to answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(SECONDS)
        connection.connect(path)
        connection.sendall(f"GET {target} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            version, _, rest = answer.readline(STATUS_LINE).partition(b" ")
    if not version.startswith(b"HTTP/1."):
        raise ValueError(version)
    return int(rest[:3])


def _another_context() -> bool:
    """Whether the docker CLI's current context may be another engine than the default socket's."""
    if os.environ.get("DOCKER_CONTEXT"):
        return True
    folder = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
    try:
        return '"currentContext"' in Path(folder, "config.json").read_text(errors="replace")
    except OSError:
        return False
